// SPDX-License-Identifier: GPL-2.0

//! What each CPU has: its queue of objects, its counters, and what works for them.
//!
//! The files beside this one say what is done with it.

use kernel::{
    bindings,
    cpu::CpuId,
    prelude::*,
    static_lock_class,
    sync::Mutex,
    time::Jiffies, //
};

use crate::{
    engine::{
        gate::Gate,
        inbox::Inbox,
        Handle, //
    },
    object::Channel,
    observe::{
        latency::Latency,
        stats::{
            CpuStats,
            Share, //
        }, //
    },
    page::{
        lane::{
            lanes_of,
            Lane, //
        },
        page_list::WaitingPages,
        spares::SparePages, //
    },
    platform::{
        cpu::node_of,
        percpu::PerCpu,
        raw_lock::RawLock,
        rcu::{
            Alarm,
            Cookie, //
        },
        seqcount::SeqCount,
        work::{
            work_class,
            Work, //
        }, //
    }, //
};

/// How many objects can come in atomic context on one CPU before a task gets to run.
const INBOX_OBJECTS: usize = 512;

/// What only who has the queue's lock uses.
pub(crate) struct Local {
    /// Sealed pages, those first that were sealed first.
    pub(super) waiting: WaitingPages,
    /// Those that go before them: a barrier waits for them, or their grace period was over when
    /// they were sealed.
    pub(super) first: WaitingPages,
    /// When the last of all was sealed, in grace periods.
    pub(super) youngest: Option<Cookie>,
    /// Somebody who holds `emptying` has taken pages, and has not freed all of their objects yet.
    pub(super) emptying_now: bool,
    /// Who may use the cursor of each channel.
    pub(super) gates: [Gate; Channel::COUNT],
    /// When the open page of each channel is to be sealed though it isn't full, in jiffies.
    pub(super) due: [Jiffies; Channel::COUNT],
    /// When the sealer looks at that, if it is queued.
    pub(super) sealer_due: Option<Jiffies>,
    /// What an object in the open page of each channel is expected to take: as much as the first,
    /// or as those on average that have been looked at.
    pub(super) each: [usize; Channel::COUNT],
    /// What that adds to the weight of all that waits.
    pub(super) open_weight: [i64; Channel::COUNT],
    /// What this CPU hasn't added to the sums over all CPUs yet.
    pub(super) objects: Share,
    pub(super) bytes: Share,
    pub(super) weight: Share,
}

/// One CPU's queue.
///
/// The order of the fields is the order in which they go: what works for the queue before the rest.
#[pin_data]
pub(crate) struct Queue {
    pub(super) cpu: CpuId,
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
    /// The work that has open pages sealed.
    #[pin]
    pub(super) sealer: Work<Sealer>,
    /// The work that gets more empty pages.
    #[pin]
    pub(super) refill: Work<Refill>,
    /// Where calls on the CPU store pointers.
    lanes: [Lane; Channel::COUNT],
    #[pin]
    pub(super) local: RawLock<Local>,
    /// Held by who takes pages off the queue until their objects are freed.
    #[pin]
    pub(super) emptying: Mutex<()>,
    /// The counters of this CPU.
    pub(crate) stats: CpuStats,
    /// The histograms of this CPU.
    pub(crate) latency: Latency,
    consistent: SeqCount,
    /// Empty pages.
    pub(crate) spares: SparePages,
}

/// All CPUs' queues.
pub(crate) type Queues = PerCpu<Queue>;

impl Queue {
    /// Makes an empty queue for `cpu`.
    ///
    /// # Safety
    ///
    /// There must be an `rcu_barrier()` between the last time that the queue is used and its drop.
    pub(super) unsafe fn new(engine: Handle, cpu: CpuId) -> Result<impl PinInit<Self>> {
        let inbox = Inbox::new(
            engine,
            INBOX_OBJECTS,
            INBOX_OBJECTS / 2,
            bindings::GFP_KERNEL,
            node_of(cpu),
        )?;
        let local = Local {
            waiting: WaitingPages::default(),
            first: WaitingPages::default(),
            youngest: None,
            emptying_now: false,
            gates: [const { Gate::new() }; Channel::COUNT],
            due: [0; Channel::COUNT],
            sealer_due: None,
            each: [0; Channel::COUNT],
            open_weight: [0; Channel::COUNT],
            objects: Share::default(),
            bytes: Share::default(),
            weight: Share::default(),
        };
        // SAFETY: The contract says the same.
        let alarm = unsafe { Alarm::new(OnAlarm::new(engine, cpu)) };
        let (lanes, node) = (lanes_of(cpu), node_of(cpu));
        Ok(pin_init!(Self {
            lanes,
            stats: CpuStats::new(),
            latency: Latency::new(),
            consistent: SeqCount::new(),
            spares: SparePages::new(node),
            local <- RawLock::new(local, c"rcu_headless_queue", static_lock_class!()),
            emptying <- Mutex::new((), c"rcu_headless_emptying", static_lock_class!()),
            inbox <- inbox,
            refill <- Work::new(Refill::new(engine, cpu), work_class!(c"rcu_headless_refill")),
            alarm <- alarm,
            drain <- Work::new(Drain::new(engine, cpu), work_class!(c"rcu_headless_drain")),
            sealer <- Work::new(Sealer::new(engine, cpu), work_class!(c"rcu_headless_sealer")),
            cpu,
            engine,
        }))
    }

    /// The CPU that this queue belongs to.
    pub(crate) fn cpu(&self) -> CpuId {
        self.cpu
    }

    /// Where calls on the CPU store pointers of a channel.
    pub(super) fn lane(&self, channel: Channel) -> &Lane {
        let [slab, vmalloc] = &self.lanes;
        match channel {
            Channel::Slab => slab,
            Channel::Vmalloc => vmalloc,
        }
    }

    /// How many pointers the channel's open page holds, as seen from any CPU at any time.
    pub(crate) fn open_pointers(&self, channel: Channel) -> usize {
        self.lane(channel).pending()
    }

    /// How many channels have an open page, as seen from any CPU at any time.
    pub(crate) fn open_pages(&self) -> usize {
        self.lanes.iter().filter(|lane| lane.is_open()).count()
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

            /// The queue.
            pub(super) fn queue(&self) -> Option<&Queue> {
                self.engine.queues.get(self.cpu)
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
    /// Has open pages sealed.
    Sealer
}

actor! {
    /// Gets the CPU more empty pages.
    Refill
}
