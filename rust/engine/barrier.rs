// SPDX-License-Identifier: GPL-2.0

//! Waiting until all that was queued before has been freed.

use crate::{
    bindings,
    engine::{
        Engine,
        Handle, //
    },
    platform::rcu::synchronize_rcu, //
};

/// Waits until all objects that were queued before the call have been freed.
///
/// Any number of callers may do this at once; each sees to its own objects, and what one frees the
/// others need not.
///
/// # Context
///
/// Process context, sleeps. Not from CPU hotplug callbacks nor with `cpus_read_lock()` held.
pub(crate) fn wait(engine: &Engine) {
    // A CPU that died between the steps would hand its objects on to one that has been seen to.
    let _cpus = CpusReadLock::new();

    // 0. Queue what has come in atomic context.
    for queue in engine.queues.slots() {
        queue.shared().inbox.flush();
    }
    for inbox in engine.reserves().lock().inboxes() {
        inbox.flush();
    }

    // 1. Seal what is open, everywhere at once. An object that was queued before the call is now
    //    in a sealed page, in somebody's hands, or freed.
    engine.barrier_begins();
    for queue in engine.queues.slots() {
        queue.shared().sealer.queue_now_on(engine.wq(), queue.cpu());
    }
    for queue in engine.queues.slots() {
        queue.shared().sealer.wait();
    }
    engine.barrier_has_sealed();

    // 2. Let the grace period of each sealed page pass.
    synchronize_rcu();

    // 3. Free them, and wait for those who have pages in hand already.
    for queue in engine.queues.slots() {
        queue.shared().drain.queue_now_on(engine.wq(), queue.cpu());
    }
    for queue in engine.queues.slots() {
        queue.shared().drain.wait();
    }
    engine.in_hand.wait();
}

/// Frees what still waits when this is dropped: nobody may queue any more by then.
pub(crate) struct AtExit(Handle);

impl AtExit {
    /// To be dropped before the engine.
    pub(crate) fn new(engine: Handle) -> Self {
        Self(engine)
    }
}

impl Drop for AtExit {
    fn drop(&mut self) {
        wait(&self.0);
    }
}

/// No CPU comes up or goes down while this lives.
struct CpusReadLock(());

impl CpusReadLock {
    fn new() -> Self {
        // SAFETY: Sound in process context. Paired with the drop.
        unsafe { bindings::rcu_headless_helper_cpus_read_lock() };
        Self(())
    }
}

impl Drop for CpusReadLock {
    fn drop(&mut self) {
        // SAFETY: Taken in `new()`, by the same task: the lock isn't passed on.
        unsafe { bindings::rcu_headless_helper_cpus_read_unlock() };
    }
}
