// SPDX-License-Identifier: GPL-2.0

//! From a call to a freed object: what the loaded module has for it, but for the tables and files of
//! [`crate::observe`] and [`crate::debugfs`].

pub(crate) mod barrier;
mod drain;
pub(crate) mod enqueue;
mod fallback;
mod fifo;
pub(crate) mod hotplug;
mod in_hand;
mod inbox;
mod mover;
pub(crate) mod published;
pub(crate) mod queue;
mod refill;
pub(crate) mod reserve;
pub(crate) mod shrinker;
pub(crate) mod state;

use core::{
    ops::Deref,
    ptr::NonNull, //
};

use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full, //
        },
        Mutex, //
    }, //
};

use crate::{
    engine::{
        in_hand::InHand,
        inbox::Inbox,
        state::{
            Queues,
            Shared, //
        }, //
    },
    observe::stats,
    platform::work::WorkQueue, //
};

/// The queues, where their work runs, and the callers' reserves.
///
/// The order of the fields is the order in which they go: what uses others before what it uses.
#[pin_data]
pub(crate) struct Engine {
    /// The callers' reserves.
    #[pin]
    reserves: Mutex<reserve::List<Handle>>,
    /// Each CPU's queue.
    pub(crate) queues: Queues,
    /// Where the queues' work runs: it gives memory back and never waits for any.
    wq: WorkQueue,
    /// Where work runs that may wait for memory.
    refill_wq: WorkQueue,
    /// How many barriers want all open pages sealed.
    barriers: Atomic<i32>,
    /// Who has pages or objects in hand that are on no queue.
    #[pin]
    pub(crate) in_hand: InHand,
}

impl Engine {
    /// Makes an engine with nothing in it.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(&this in Self {
            reserves <- new_mutex!(reserve::List::new(), "rcu_headless_reserves"),
            wq: WorkQueue::new(c"rcu_headless", true)?,
            refill_wq: WorkQueue::new(c"rcu_headless_refill", false)?,
            barriers: Atomic::new(0),
            in_hand <- InHand::new(),
            queues: Queues::new(|cpu| {
                // The queues are part of the engine and dropped first. That the engine isn't
                // complete yet doesn't matter: they look at it only when something is queued.
                Shared::new(Handle(this), cpu)
            })?,
        }? Error)
    }

    /// Sees to it that each CPU that runs has its empty pages.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn fill_spares(&self) -> Result {
        for queue in self.queues.slots().filter(|queue| queue.is_online()) {
            queue.shared().spares.fill()?;
        }
        Ok(())
    }

    /// Where the queues' work runs.
    pub(crate) fn wq(&self) -> &WorkQueue {
        &self.wq
    }

    /// Where work runs that may wait for memory.
    pub(crate) fn refill_wq(&self) -> &WorkQueue {
        &self.refill_wq
    }

    /// The callers' reserves.
    pub(crate) fn reserves(&self) -> &Mutex<reserve::List<Handle>> {
        &self.reserves
    }

    /// Where this CPU takes objects in atomic context; any other's would do as well.
    pub(crate) fn inbox(&self) -> &Inbox<Handle> {
        &self.queues.nearby_slot().shared().inbox
    }

    /// How many objects `kvfree_rcu_headless_try()` has taken.
    pub(crate) fn try_taken(&self) -> i64 {
        let inboxes = self.queues.slots().map(|queue| &queue.shared().inbox);
        let all: u64 = inboxes.map(|inbox| inbox.fifo().total()).sum();
        all as i64 - stats::PUT_BY_OTHERS.get()
    }

    /// How many objects have been freed through reserves.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn reserved(&self) -> i64 {
        // A reserve leaves the list and is counted as gone while it is locked.
        let reserves = self.reserves.lock();
        let all: u64 = reserves.inboxes().map(|inbox| inbox.fifo().total()).sum();
        stats::RESERVED.get() + all as i64
    }

    /// How many objects are in reserves and aren't queued yet.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn parked_in_reserves(&self) -> usize {
        let reserves = self.reserves.lock();
        reserves.inboxes().map(|inbox| inbox.fifo().len()).sum()
    }

    /// Whether a barrier wants all open pages sealed, whatever it costs.
    pub(crate) fn has_barrier(&self) -> bool {
        self.barriers.load(kernel::sync::atomic::Relaxed) > 0
    }

    /// Says so, before the work is queued that seals them.
    pub(crate) fn barrier_begins(&self) {
        self.barriers.fetch_add(1, Full);
    }

    /// Takes that back when they are sealed.
    pub(crate) fn barrier_has_sealed(&self) {
        self.barriers.fetch_sub(1, Full);
    }
}

/// A reference to the engine for its own parts and for what is dropped before it.
///
/// # Invariants
///
/// The engine outlives the handle.
#[derive(Clone, Copy)]
pub(crate) struct Handle(NonNull<Engine>);

// SAFETY: Shared access to the engine is all that a handle gives, and `Engine` is `Sync`.
unsafe impl Send for Handle {}
// SAFETY: Shared access to the engine is all that a handle gives, and `Engine` is `Sync`.
unsafe impl Sync for Handle {}

impl Handle {
    /// Makes a handle.
    ///
    /// # Safety
    ///
    /// The handle and its copies must be gone before `engine` is dropped.
    pub(crate) unsafe fn new(engine: Pin<&Engine>) -> Self {
        // INVARIANT: The engine outlives it (contract).
        Self(NonNull::from(engine.get_ref()))
    }
}

impl Deref for Handle {
    type Target = Engine;

    #[inline]
    fn deref(&self) -> &Engine {
        // SAFETY: By the type invariant the engine is alive, and nobody has it mutably: it is
        // pinned behind shared references until it is dropped.
        unsafe { self.0.as_ref() }
    }
}
