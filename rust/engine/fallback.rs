// SPDX-License-Identifier: GPL-2.0

//! How an object gets into a page when it doesn't fit into the open one.
//!
//! In this order, each counted on its own: a spare page; a page that can be allocated without
//! waiting; a page of this CPU whose grace period is over, emptied on the spot; and, when all that
//! fails, the caller waits for a grace period and empties all pages of this CPU.
//!
//! Who needs a page while too much waits already is held back first: callers can queue faster than
//! grace periods end or objects are freed, and nothing else would keep them from taking all memory.

use kernel::{
    bindings,
    time::{
        Instant,
        Monotonic, //
    }, //
};

use crate::{
    check::{
        double_free,
        misuse::Misuse,
        plain::Watcher, //
    },
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
        stats::{
            self,
            Counter, //
        },
        trace, //
    },
    page::{
        bulk_page::EmptyPage,
        sizes, //
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

/// Queues `object`, or frees it after a grace period. `false` if it is found to be queued already,
/// which is reported. `caller` is the address of the call, or 0.
///
/// # Safety
///
/// `object` must be the caller's to give away, to be freed in the way of `channel`.
///
/// # Context
///
/// Process context, may sleep.
pub(crate) unsafe fn queue(
    task: &mut TaskContext,
    engine: &Engine,
    channel: Channel,
    object: Object,
    caller: usize,
) -> bool {
    let mut page: Option<(EmptyPage, Counter)> = None;
    let mut was_held_back = false;
    loop {
        // This may be another CPU than the last time, or somebody may have opened a page there.
        let mut queue = engine.queues.own_this_cpu(task);
        if Watcher::DoubleFree.is_watching() && queue.holds(channel, object) {
            drop(queue);
            double_free::leave(object);
            Misuse::DoubleFree.report(caller);
            return false;
        }
        // SAFETY: The contract of this function.
        if unsafe { queue.push(channel, object) } {
            return true;
        }
        let hold_back = !was_held_back && too_much_waits();
        let spare = || match hold_back {
            false => Some((queue.take_spare()?, Counter::PagesSpare)),
            true => None,
        };
        if let Some((page, source)) = page.take().or_else(spare) {
            queue.count(source, 1);
            // SAFETY: The contract of this function.
            unsafe { queue.open(page, channel, object) };
            return true;
        }
        drop(queue);
        // Not with the queue in hand: no allocation with preemption off.
        if !hold_back {
            page = EmptyPage::new_nowait().map(|page| (page, Counter::PagesFresh));
        }
        page = page.or_else(|| Some((drain::empty_one(task, engine)?, Counter::PagesElapsed)));
        if page.is_some() {
            continue;
        }
        let alone = (!hold_back).then_some(object);
        // SAFETY: The contract of this function.
        unsafe { wait_and_free(task, engine, channel, alone, caller) };
        if !hold_back {
            return true;
        }
        // Once for a page: that is slow enough, and others may be to blame for what still waits.
        was_held_back = true;
    }
}

/// Whether the objects in sealed pages take more memory than they may.
fn too_much_waits() -> bool {
    !mutant!("not_held_back") && stats::BYTES.get() > params::pending_bytes() as i64
}

/// Waits for a grace period and frees all that waits on this CPU, along with `object`, unless that
/// is to be queued after all.
///
/// The caller takes what waits with it before it waits, so that one grace period serves all of it,
/// wherever the caller wakes up. The emptied pages go back to where they came from: after one wait
/// there is room for many calls again.
///
/// # Safety
///
/// As for [`queue()`].
unsafe fn wait_and_free(
    task: &mut TaskContext,
    engine: &Engine,
    channel: Channel,
    object: Option<Object>,
    caller: usize,
) {
    callers::fallback(caller);
    // SAFETY: The object is ours.
    let object = object.map(|object| (object, unsafe { sizes::of(channel, object) }));
    let start = Instant::<Monotonic>::now();
    let _in_hand = engine.in_hand.hold();
    let (home, waiting) = {
        let mut queue = engine.queues.own_this_cpu(task);
        queue.count_together(|queue| {
            queue.count(Counter::GracePeriods, 1);
            let Some((_, bytes)) = object else {
                return queue.count(Counter::HeldBack, 1);
            };
            queue.count(Counter::queued(channel), 1);
            queue.count_waiting(channel, 1, bytes);
            queue.count(Counter::Fallbacks, 1);
        });
        (queue.cpu(), queue.take_all())
    };

    if params::expedited() {
        synchronize_rcu_expedited();
    } else {
        unless_mutant!("fallback_without_waiting", synchronize_rcu());
    }

    let waited = start.elapsed();
    trace::fallback(caller, channel, waited);
    if let Some((object, _)) = object {
        double_free::leave(object);
        // SAFETY: The object is ours to free (contract), and its grace period is over.
        unsafe { bindings::kvfree(object) };
    }
    let queue: OwnedQueue<'_> = engine.queues.own_this_cpu(task);
    queue.count_together(|queue| {
        if let Some((_, bytes)) = object {
            queue.count_freed(channel, 1, bytes);
        }
        queue.shared().latency.caller_waited(waited);
    });
    drop(queue);
    drain::release(task, engine, waiting, home);
}
