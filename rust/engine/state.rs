// SPDX-License-Identifier: GPL-2.0

//! What each CPU has: its queue of objects, its counters, and what works for them.
//!
//! The files beside this one say what is done with it.

use kernel::{
    bindings,
    cpu::CpuId,
    prelude::*, //
};

use crate::{
    engine::{
        inbox::Inbox,
        Handle, //
    },
    object::Channel,
    observe::{
        latency::Latency,
        stats::CpuStats, //
    },
    page::{
        cursor::{
            cursor_of,
            cursors_of,
            Cursor,
            Cursors, //
        },
        page_list::WaitingPages,
        spares::SparePages, //
    },
    platform::{
        percpu,
        rcu::Alarm,
        seqcount::SeqCount,
        work::{
            work_class,
            Work, //
        }, //
    }, //
};

/// How many objects can come in atomic context on one CPU before a task gets to run.
const INBOX_OBJECTS: usize = 512;

/// What only the owner of the slot uses.
#[derive(Default)]
pub(crate) struct Local {
    pub(super) waiting: WaitingPages,
    /// The drain has taken pages of this queue and will bring them back.
    pub(super) draining: bool,
    /// A channel whose open page is left to the drain to seal, since the sealer work wouldn't.
    pub(super) deferred: Option<Channel>,
}

/// What others may look at and act on.
///
/// # Invariants
///
/// The cursors are changed by the owner of the slot alone.
#[pin_data]
pub(crate) struct Shared {
    cursors: &'static Cursors,
    /// The counters of this CPU.
    pub(crate) stats: CpuStats,
    /// The histograms of this CPU.
    pub(crate) latency: Latency,
    consistent: SeqCount,
    pub(super) engine: Handle,
    /// Where objects wait that came in atomic context.
    #[pin]
    pub(super) inbox: Inbox<Handle>,
    /// When to look at what waits for a grace period.
    #[pin]
    pub(super) alarm: Alarm<OnAlarm>,
    /// The work that frees what has waited long enough.
    #[pin]
    pub(super) drain: Work<Drain>,
    /// The work that seals the open pages.
    #[pin]
    pub(super) sealer: Work<Sealer>,
    /// The work that gets more empty pages.
    #[pin]
    pub(super) refill: Work<Refill>,
    /// Empty pages. Dropped after the work that may bring some.
    pub(crate) spares: SparePages,
}

/// All CPUs' queues.
pub(crate) type Queues = percpu::PerCpu<Local, Shared>;
/// One CPU's queue.
pub(crate) type Queue = percpu::Slot<Local, Shared>;
/// One CPU's queue in the hands of code that has it to itself.
pub(crate) type OwnedQueue<'a> = percpu::Owner<'a, Local, Shared>;

impl Shared {
    /// Makes an empty queue for `cpu`.
    pub(crate) fn new(engine: Handle, cpu: CpuId) -> Result<impl PinInit<Self>> {
        let inbox = Inbox::new(
            engine,
            INBOX_OBJECTS,
            INBOX_OBJECTS / 2,
            bindings::GFP_KERNEL,
        )?;
        let cursors = cursors_of(cpu).ok_or(EINVAL)?;
        Ok(pin_init!(Self {
            cursors,
            stats: CpuStats::new(),
            latency: Latency::new(),
            consistent: SeqCount::new(),
            spares: SparePages::new(),
            inbox <- inbox,
            refill <- Work::new(Refill::new(engine, cpu), work_class!(c"rcu_headless_refill")),
            alarm <- Alarm::new(OnAlarm::new(engine, cpu)),
            drain <- Work::new(Drain::new(engine, cpu), work_class!(c"rcu_headless_drain")),
            sealer <- Work::new(Sealer::new(engine, cpu), work_class!(c"rcu_headless_sealer")),
            engine,
        }))
    }

    pub(super) fn cursor(&self, channel: Channel) -> &Cursor {
        cursor_of(self.cursors, channel)
    }

    /// How many pointers the channel's open page holds, as seen from any CPU at any time.
    pub(crate) fn open_pointers(&self, channel: Channel) -> usize {
        self.cursor(channel).pending()
    }

    /// How many channels have an open page, as seen from any CPU at any time.
    pub(crate) fn open_pages(&self) -> usize {
        self.cursors.iter().filter(|c| c.is_open()).count()
    }

    /// How many objects have come in atomic context and aren't queued yet.
    pub(crate) fn parked(&self) -> usize {
        self.inbox.fifo().len()
    }

    /// What makes counters and cursors agree for who reads them together.
    pub(crate) fn consistent(&self) -> &SeqCount {
        &self.consistent
    }
}

/// What works for the queue of one CPU.
macro_rules! actor {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub(super) struct $name {
            pub(super) engine: Handle,
            pub(super) cpu: CpuId,
        }

        impl $name {
            /// Makes the actor for the queue of `cpu`.
            fn new(engine: Handle, cpu: CpuId) -> Self {
                Self { engine, cpu }
            }
        }
    };
}

actor! {
    /// Queues the drain work when a grace period is over.
    OnAlarm
}

actor! {
    /// Frees what has waited long enough.
    Drain
}

actor! {
    /// Seals the open pages.
    Sealer
}

actor! {
    /// Gets the CPU more empty pages.
    Refill
}
