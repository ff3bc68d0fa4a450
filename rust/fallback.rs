// SPDX-License-Identifier: GPL-2.0

//! What a caller does when its pointer doesn't fit into the open page.

use kernel::bindings;

use crate::{
    bulk_page::{
        Channel,
        EmptyPage,
        Object, //
    },
    drain,
    engine::Engine,
    queue::OwnedQueue,
    rcu::synchronize_rcu,
    stats::Counter, //
};

/// Queues `object` in a new page: a spare or, failing that, a fresh one. Without either it waits
/// for a grace period and frees the object itself.
///
/// # Safety
///
/// `object` must be the caller's to give away, to be freed in the way of `channel`.
///
/// # Context
///
/// Process context, may sleep.
pub(crate) unsafe fn queue_in_new_page(engine: &Engine, channel: Channel, object: Object) {
    let mut fresh = None;
    loop {
        // SAFETY: The contract of this function.
        if unsafe { try_queue(engine, channel, object, &mut fresh) } {
            return;
        }
        // Not with the queue in hand: no allocation with preemption off.
        fresh = EmptyPage::new_nowait();
        if fresh.is_none() {
            // SAFETY: The contract of this function.
            return unsafe { wait_and_free(engine, channel, object) };
        }
    }
}

/// Queues `object`, with the help of a spare or else of `fresh` if need be.
///
/// # Safety
///
/// `object` must be the caller's to give away, to be freed in the way of `channel`.
unsafe fn try_queue(
    engine: &Engine,
    channel: Channel,
    object: Object,
    fresh: &mut Option<EmptyPage>,
) -> bool {
    // Process context never finds the queue of its own CPU busy.
    let Some(mut queue) = engine.queues.own_this_cpu() else {
        return false;
    };
    // This may be another CPU than before, or somebody may have opened a page meanwhile.
    //
    // SAFETY: The contract of this function.
    if unsafe { queue.push(channel, object) } {
        return true;
    }
    let Some(page) = fresh.take().or_else(|| queue.take_spare()) else {
        return false;
    };
    // SAFETY: The contract of this function.
    unsafe { queue.open(page, channel, object) };
    true
}

/// Waits for a grace period and frees `object`, along with all that waits on this CPU.
///
/// The caller takes what waits with it before it waits, so that one grace period serves all of it,
/// wherever the caller wakes up. The emptied pages become spares there: after one wait there is
/// room for many calls again.
///
/// # Safety
///
/// As for [`queue_in_new_page()`].
unsafe fn wait_and_free(engine: &Engine, channel: Channel, object: Object) {
    let _in_hand = engine.in_hand.read_lock();
    let waiting = with_queue(engine, |queue| {
        queue.count(Counter::queued(channel), 1);
        queue.count(Counter::Waiting, 1);
        queue.count(Counter::GracePeriods, 1);
        queue.count(Counter::Fallbacks, 1);
        queue.take_all()
    });

    synchronize_rcu();

    // SAFETY: The object is ours to free (contract), and its grace period is over.
    unsafe { bindings::kvfree(object) };
    with_queue(engine, |queue| {
        queue.count(Counter::freed(channel), 1);
        queue.uncount(Counter::Waiting, 1);
    });
    if let Some(waiting) = waiting {
        drain::release(engine, waiting);
    }
}

/// Does `act` on this CPU's queue, which process context never finds busy.
fn with_queue<R>(engine: &Engine, act: impl FnOnce(&mut OwnedQueue<'_>) -> R) -> Option<R> {
    engine.queues.own_this_cpu().as_mut().map(act)
}
