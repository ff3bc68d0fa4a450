// SPDX-License-Identifier: GPL-2.0

//! A caller waits for a grace period itself: there is no page for its object, or too much waits.
//!
//! It has what is open on its CPU sealed before it waits, so that one grace period serves all of
//! it. What has waited is the drain's to free, and a call that needs a page empties one itself:
//! after one wait there is room for many calls.

use kernel::{
    bindings,
    time::{
        Delta,
        Instant,
        Monotonic, //
    }, //
};

use crate::{
    check::double_free,
    engine::{
        queue::LockedQueue,
        Engine, //
    },
    object::{
        Channel,
        Object, //
    },
    observe::{
        callers,
        stats::Counter,
        trace, //
    },
    params,
    platform::{
        rcu::{
            synchronize_rcu,
            synchronize_rcu_expedited, //
        },
        this_cpu::TaskContext, //
    }, //
};

/// Waits for a grace period and frees `object`, which takes `bytes`.
///
/// # Context
///
/// Process context, may sleep.
pub(super) fn wait_and_free(
    task: &mut TaskContext<'_>,
    engine: &Engine,
    object: Object,
    bytes: usize,
    caller: usize,
) {
    let channel = object.channel();
    let begin = |queue: &mut LockedQueue<'_>| {
        queue.count(Counter::queued(channel), 1);
        queue.count_waiting(channel, 1, bytes);
        queue.count(Counter::Fallbacks, 1);
    };
    let free = || {
        let object = object.into_raw();
        double_free::leave(object);
        // SAFETY: The object was ours to free, and a grace period has passed since it was given
        // away.
        unsafe { bindings::kvfree(object) };
    };
    let end = |queue: &mut LockedQueue<'_>| queue.count_freed(channel, 1, bytes);
    wait_for_all(task, engine, (channel, caller), begin, free, end);
}

/// Waits for a grace period, so that a caller with an object of `channel` may go on.
///
/// # Context
///
/// Process context, may sleep.
pub(super) fn wait(task: &mut TaskContext<'_>, engine: &Engine, channel: Channel, caller: usize) {
    let begin = |queue: &mut LockedQueue<'_>| queue.count(Counter::HeldBack, 1);
    wait_for_all(task, engine, (channel, caller), begin, || (), |_| ());
}

/// Waits for a grace period and does `free`.
///
/// What waits is counted by `begin`, and what was freed by `end`.
fn wait_for_all(
    task: &mut TaskContext<'_>,
    engine: &Engine,
    (channel, caller): (Channel, usize),
    begin: impl FnOnce(&mut LockedQueue<'_>),
    free: impl FnOnce(),
    end: impl FnOnce(&mut LockedQueue<'_>),
) {
    callers::fallback(caller);
    let start = Instant::<Monotonic>::now();
    let home = {
        let mut queue = engine.lock_here(task);
        queue.count_together(|queue| {
            queue.count(Counter::GracePeriods, 1);
            begin(queue);
        });
        queue.seal_all();
        queue.cpu()
    };

    if params::expedited() {
        synchronize_rcu_expedited();
    } else {
        synchronize_rcu();
    }

    let waited: Delta = start.elapsed();
    trace::fallback(caller, channel, waited);
    free();
    // Where this code was when it began to wait.
    let home = engine.queues.get(home).unwrap_or(engine.nearby());
    let mut queue = home.lock(task);
    queue.count_together(|queue| {
        end(queue);
        queue.queue().latency.caller_waited(waited);
    });
    // This object was still in the sums when the queue's last page was freed.
    queue.tidy();
}
