// SPDX-License-Identifier: GPL-2.0

//! A caller waits for a grace period itself: there is no page for its object, or too much waits.
//!
//! It takes what waits on its CPU with it before it waits, so that one grace period serves all of it,
//! wherever the caller wakes up. The emptied pages go back to where they came from: after one wait
//! there is room for many calls again.

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
        drain,
        state::OwnedQueue,
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
    page::sizes,
    params,
    platform::{
        rcu::{
            synchronize_rcu,
            synchronize_rcu_expedited, //
        },
        this_cpu::TaskContext, //
    }, //
};

/// Waits for a grace period and frees `object`, along with all that waits on this CPU.
///
/// # Context
///
/// Process context, may sleep.
pub(super) fn wait_and_free(
    task: &mut TaskContext<'_>,
    engine: &Engine,
    object: Object,
    caller: usize,
) {
    let (channel, bytes) = (object.channel(), sizes::of(&object));
    let begin = |queue: &OwnedQueue<'_>| {
        queue.count(Counter::queued(channel), 1);
        queue.count_waiting(channel, 1, bytes);
        queue.count(Counter::Fallbacks, 1);
    };
    let free = || {
        let object = object.into_raw();
        double_free::leave(object);
        // SAFETY: The object was ours to free, and a grace period has passed since it was given away.
        unsafe { bindings::kvfree(object) };
    };
    let end = |queue: &OwnedQueue<'_>| queue.count_freed(channel, 1, bytes);
    wait_for_all(task, engine, (channel, caller), begin, free, end);
}

/// Waits for a grace period and frees all that waits on this CPU, so that a caller with an object of
/// `channel` may go on.
///
/// # Context
///
/// Process context, may sleep.
pub(super) fn wait(task: &mut TaskContext<'_>, engine: &Engine, channel: Channel, caller: usize) {
    let begin = |queue: &OwnedQueue<'_>| queue.count(Counter::HeldBack, 1);
    wait_for_all(task, engine, (channel, caller), begin, || (), |_| ());
}

/// Waits for a grace period, does `free`, and frees all that waited on this CPU when the wait began.
///
/// What waits is counted by `begin`, together with what is taken, and what was freed by `end`.
fn wait_for_all(
    task: &mut TaskContext<'_>,
    engine: &Engine,
    (channel, caller): (Channel, usize),
    begin: impl FnOnce(&OwnedQueue<'_>),
    free: impl FnOnce(),
    end: impl FnOnce(&OwnedQueue<'_>),
) {
    callers::fallback(caller);
    let start = Instant::<Monotonic>::now();
    let _in_hand = engine.in_hand.hold();
    let (home, waiting) = {
        let mut queue = engine.queues.own_this_cpu(task);
        queue.count_together(|queue| {
            queue.count(Counter::GracePeriods, 1);
            begin(queue);
        });
        (queue.cpu(), queue.take_all())
    };

    if params::expedited() {
        synchronize_rcu_expedited();
    } else {
        synchronize_rcu();
    }

    let waited: Delta = start.elapsed();
    trace::fallback(caller, channel, waited);
    free();
    let queue = engine.queues.own_this_cpu(task);
    queue.count_together(|queue| {
        end(queue);
        queue.shared().latency.caller_waited(waited);
    });
    drop(queue);
    drain::release(task, engine, waiting, home);
}
