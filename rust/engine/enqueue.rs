// SPDX-License-Identifier: GPL-2.0

//! How an object gets into a page when it doesn't fit into the open one.
//!
//! In this order, each counted on its own: a spare page; a page that can be allocated without
//! waiting; a page of this CPU whose grace period is over, emptied on the spot; and, when all that
//! fails, the caller waits for a grace period ([`crate::engine::fallback`]).
//!
//! A caller that needs a page while too much waits already is throttled first: callers can queue
//! faster than grace periods end or objects are freed, and nothing else would keep them from taking
//! all memory.

use crate::{
    check::{
        double_free,
        misuse::Misuse,
        plain::Watcher, //
    },
    engine::{
        fallback,
        group,
        state::Queue,
        Engine, //
    },
    object::Object,
    observe::stats::{
        self,
        Counter, //
    },
    page::{
        bulk_page::EmptyPage,
        sizes, //
    },
    params,
    platform::this_cpu::TaskContext, //
};

/// Queues `object`, or frees it after a grace period. `false` if it is found to be queued already,
/// which is reported. `caller` is the address of the call, or 0; `None` if it was over before, and
/// the object comes out of an inbox.
///
/// # Context
///
/// Process context, may sleep.
pub(crate) fn enqueue(
    task: &mut TaskContext<'_>,
    engine: &Engine,
    mut object: Object,
    caller: Option<usize>,
) -> bool {
    // Who empties an inbox isn't held back for what is in it: it wouldn't get out.
    let too_much_waits = || weight(caller.is_some()) > params::pending_bytes() as i64;
    let caller = caller.unwrap_or(0);
    let mut page: Option<PageInHand<'_>> = None;
    // Looked at without the lock: of a large object at once, of others when they need a page.
    let mut bytes = sizes::may_be_large(&object).then(|| sizes::of(&object));
    let mut too_much_for_group = None;
    let mut page_bytes = usize::MAX;
    let mut was_throttled = false;
    let mut there_is_no_page = false;
    loop {
        // This may be another CPU than the last time, or somebody may have opened a page there.
        let mut queue = engine.lock_here(task);
        if let Some(stray) = page.take_if(|page| page.home.cpu() != queue.cpu()) {
            drop(queue);
            stray.give_back();
            continue;
        }
        if Watcher::DoubleFree.is_watching() && queue.holds(&object) {
            drop(queue);
            double_free::leave(object.into_raw());
            Misuse::DoubleFree.report(caller);
            return false;
        }
        // At the end of a stretch of a page it is looked at as when a page is needed.
        let may_go_on = || match too_much_for_group {
            Some(too_much) => was_throttled || !(too_much || too_much_waits()),
            None => !group::may_be_short() && !too_much_waits(),
        };
        // Who would be held back for another page fills the one that is to be sealed; so does who
        // might be, rather than ask the queues for each object.
        let may_replace = || {
            let too_much = too_much_for_group.unwrap_or_else(group::may_be_short);
            !(too_much || too_much_waits())
        };
        object = match queue.push(
            object,
            bytes,
            group::page_bytes,
            may_replace,
            there_is_no_page,
            may_go_on, //
        ) {
            Ok(()) => {
                drop(queue);
                // Somebody else has opened a page in the meantime.
                if let Some(page) = page {
                    page.give_back();
                }
                return true;
            }
            Err(object) => object,
        };
        let (Some(bytes), Some(is_short)) = (bytes, too_much_for_group) else {
            drop(queue);
            bytes = bytes.or_else(|| Some(sizes::of(&object)));
            too_much_for_group = Some(group::is_short(task, engine));
            page_bytes = group::page_bytes();
            continue;
        };
        let throttle = !was_throttled && (too_much_waits() || is_short);
        let spare = || match throttle {
            false => Some((queue.take_spare()?, Counter::FromSpares)),
            true => None,
        };
        let in_hand = page.take().map(|it| (it.page, it.source));
        if let Some((page, source)) = in_hand.or_else(spare) {
            queue.count(source, 1);
            queue.open(page, object, bytes, page_bytes);
            return true;
        }
        drop(queue);
        if throttle && is_short {
            // An emptied page is no leave to fill it: what was in it may be of others.
            group::free_some(task, engine);
            if !group::is_short(task, engine) {
                too_much_for_group = Some(false);
                continue;
            }
            // Once for a page: that is slow enough, and what still waits may be of others.
            was_throttled = true;
            group::seal_all(task, engine);
            fallback::wait(task, engine, object.channel(), caller);
            // The work that frees what has waited may not get a CPU for a while.
            group::free_some(task, engine);
            continue;
        }
        let home = engine.nearby();
        // After the queue was let go: no allocation with preemption off.
        let new = (!throttle).then(EmptyPage::new_nowait).flatten();
        page = match new {
            Some(page) => Some(PageInHand::new(page, Counter::FromAllocator, home)),
            None => PageInHand::emptied(home, task),
        };
        // Somebody else may have emptied one in the meantime.
        if page.is_some() || (!throttle && engine.nearby().spares.has(1)) {
            continue;
        }
        if !throttle && !there_is_no_page {
            // Then the open one does, if it isn't full.
            there_is_no_page = true;
            continue;
        }
        if !throttle {
            fallback::wait_and_free(task, engine, object, bytes, caller);
            return true;
        }
        // Somebody may have freed enough in the meantime.
        was_throttled = true;
        if !too_much_waits() {
            continue;
        }
        fallback::wait(task, engine, object.channel(), caller);
        page = PageInHand::emptied(engine.nearby(), task);
    }
}

/// An empty page that isn't open yet. A CPU isn't to lose its pages to others, so that it is known
/// where it comes from.
struct PageInHand<'a> {
    page: EmptyPage,
    /// What it is counted as once it is open.
    source: Counter,
    home: &'a Queue,
}

impl<'a> PageInHand<'a> {
    fn new(page: EmptyPage, source: Counter, home: &'a Queue) -> Self {
        Self { page, source, home }
    }

    /// A page of a queue whose grace period is over, if there is one; its objects are freed.
    fn emptied(home: &'a Queue, task: &TaskContext<'_>) -> Option<Self> {
        let page = home.empty_one(task)?;
        Some(Self::new(page, Counter::FromElapsed, home))
    }

    /// Leaves it where it comes from.
    fn give_back(self) {
        drop(self.home.spares.keep(self.page));
    }
}

/// About how much memory the objects take that wait; those in inboxes with `parked`.
fn weight(parked: bool) -> i64 {
    let queued = stats::WEIGHT.get();
    match parked {
        true => queued + stats::PARKED_BYTES.get(),
        false => queued,
    }
}
