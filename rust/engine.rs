// SPDX-License-Identifier: GPL-2.0

//! From a call to a freed object: what the loaded module has for it, but for the tables and files
//! of [`crate::observe`] and [`crate::debugfs`].

pub(crate) mod barrier;
mod counts;
mod drain;
pub(crate) mod enqueue;
mod fallback;
mod fifo;
mod gate;
mod group;
mod here;
pub(crate) mod hotplug;
mod inbox;
mod mover;
pub(crate) mod published;
pub(crate) mod queue;
mod refill;
pub(crate) mod reserve;
mod sealer;
pub(crate) mod shrinker;
pub(crate) mod state;
mod throttle;

use core::{
    ops::Deref,
    ptr::NonNull, //
};

use kernel::{
    cpu::CpuId,
    new_mutex,
    prelude::*,
    sync::Mutex, //
};

use crate::{
    engine::{
        reserve::Reserves,
        state::{
            Queue,
            Queues, //
        }, //
    },
    observe::stats,
    platform::{
        cpu::CpuSet,
        rcu::{
            rcu_barrier,
            Cookie, //
        },
        work::WorkQueue, //
    }, //
};

/// The queues, where their work runs, and the callers' reserves.
///
/// The order of the fields is the order in which they go: what uses others before what it uses.
#[pin_data(PinnedDrop)]
pub(crate) struct Engine {
    /// The callers' reserves.
    #[pin]
    reserves: Reserves<Handle>,
    /// Each CPU's queue.
    pub(crate) queues: Queues,
    /// The CPUs whose queue has pages, or may have.
    active: CpuSet,
    /// When open pages were sealed last for a control group that was short of memory.
    #[pin]
    sealed_for_group: Mutex<Option<Cookie>>,
    /// The CPUs where objects have ever come in atomic context.
    parking: CpuSet,
    /// Where the queues' work runs: it gives memory back and never waits for any.
    wq: WorkQueue,
    /// Where work runs that may wait for memory.
    refill_wq: WorkQueue,
}

impl Engine {
    /// Makes an engine with nothing in it, for no CPU yet.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            reserves <- Reserves::new(),
            wq: WorkQueue::new_reclaim(c"rcu_headless")?,
            refill_wq: WorkQueue::new_plain(c"rcu_headless_refill")?,
            active: CpuSet::new()?,
            parking: CpuSet::new()?,
            sealed_for_group <- new_mutex!(None, "rcu_headless_group"),
            queues: Queues::new()?,
        }? Error)
    }

    /// Gives a CPU its queue, if it has none, and its empty pages, if there is memory.
    ///
    /// # Safety
    ///
    /// One caller at a time, and each after the other in the sense of the memory model.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    unsafe fn prepare(self: Pin<&Self>, cpu: CpuId) -> Result {
        // SAFETY: The queues are part of the engine, which is pinned, and dropped with it. When it
        // is, `rcu_barrier()` comes first, and nobody uses them any more. The rest is the contract.
        unsafe {
            let handle = Handle::new(self);
            if self.queues.prepare(cpu, || Queue::new(handle, cpu))? {
                stats::CPUS.add(1);
            }
        }
        if let Some(queue) = self.queues.get(cpu) {
            // No reason to keep the CPU from coming up: without them it asks when it needs some.
            let _ = queue.spares.fill();
        }
        Ok(())
    }

    /// Sees to it that each CPU that has a queue has its empty pages.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn fill_spares(&self) -> Result {
        self.queues.iter().try_for_each(|queue| queue.spares.fill())
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
    pub(crate) fn reserves(&self) -> &Reserves<Handle> {
        &self.reserves
    }

    /// How many objects `kvfree_rcu_headless_try()` has taken.
    pub(crate) fn try_taken(&self) -> i64 {
        let all: u64 = self
            .queues
            .iter()
            .map(|queue| queue.inbox.fifo().total())
            .sum();
        stats::TRY_TAKEN.high_with(all as i64 - stats::PUT_BY_OTHERS.get())
    }
}

#[pinned_drop]
impl PinnedDrop for Engine {
    fn drop(self: Pin<&mut Self>) {
        // One for all the queues' alarms: nobody sets them any more.
        rcu_barrier();
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
