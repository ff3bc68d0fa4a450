// SPDX-License-Identifier: GPL-2.0

//! Waiting until all that was queued before has been freed.
//!
//! Only queues that have something are looked at, and no CPU has to run anything for it.

use kernel::sync::atomic::Full;

use crate::{
    engine::{
        Engine,
        Handle, //
    },
    platform::{
        linux::smp_mb,
        rcu::synchronize_rcu,
        this_cpu::TaskContext, //
    }, //
};

/// Waits until all objects that were queued before the call have been freed.
///
/// Any number of callers may do this at once. With nothing queued it waits for nothing.
///
/// # Context
///
/// Process context, sleeps.
pub(crate) fn wait(task: &mut TaskContext<'_>, engine: &Engine) {
    // What was queued on other CPUs before this call is seen below.
    smp_mb(Full);

    // 0. Queue what has come in atomic context.
    for queue in engine.parking() {
        queue.inbox.flush();
    }
    engine.reserves().flush();

    // 1. Have open pages sealed. An object that was queued before the call is now in an open page
    //    with a stamp, in a sealed page, in being emptied, or freed.
    let mut something = false;
    for queue in engine.active() {
        let mut queue = queue.lock(task);
        queue.revoke();
        something |= queue.has_something();
        queue.tidy();
    }
    if !something {
        return;
    }

    // 2. Let the grace period of each pass. Another one is due if a page had grown when it was
    //    revoked, or was sealed meanwhile.
    synchronize_rcu();
    let mut recent = false;
    for queue in engine.active() {
        let mut queue = queue.lock(task);
        queue.settle(true);
        queue.put_first();
        queue.rearm();
        recent |= queue.has_recent();
    }
    if recent {
        synchronize_rcu();
    }

    // 3. Free them, after who is at it already. What others have queued since needn't be waited
    //    for.
    for queue in engine.active() {
        queue.drain_first(task);
    }
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
        // SAFETY: The module is being unloaded, or fails to load, in a task that may sleep; there
        // is no other proof of that.
        wait(&mut unsafe { TaskContext::assume() }, &self.0);
    }
}
