// SPDX-License-Identifier: GPL-2.0

//! How an object gets into a page when it doesn't fit into the open one.
//!
//! In this order, each counted on its own: a spare page; a page that can be allocated without
//! waiting; a page of this CPU whose grace period is over, emptied on the spot; and, when all that
//! fails, the caller waits for a grace period ([`crate::engine::fallback`]).
//!
//! A caller that needs a page while too much waits already is held back first
//! ([`crate::engine::throttle`]).

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
        throttle::Throttle,
        Engine, //
    },
    object::Object,
    observe::stats::Counter,
    page::{
        bulk_page::EmptyPage,
        sizes, //
    },
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
    let mut throttle = Throttle::new(caller.is_none());
    let caller = caller.unwrap_or(0);
    let mut page: Option<PageInHand<'_>> = None;
    // Looked at without the lock: of a large object at once, of others when they need a page.
    let mut bytes = sizes::may_be_large(&object).then(|| sizes::of(&object));
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
        object = match queue.push(object, bytes, &throttle, there_is_no_page) {
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
        let (Some(bytes), true) = (bytes, throttle.has_asked_group()) else {
            drop(queue);
            bytes = bytes.or_else(|| Some(sizes::of(&object)));
            throttle.ask_group(task, engine);
            continue;
        };
        let is_held_back = !throttle.may_have_page();
        let spare = || match is_held_back {
            false => Some((queue.take_spare()?, Counter::FromSpares)),
            true => None,
        };
        let in_hand = page.take().map(|it| (it.page, it.source));
        if let Some((page, source)) = in_hand.or_else(spare) {
            queue.count(source, 1);
            queue.open(page, object, bytes, throttle.page_bytes());
            return true;
        }
        drop(queue);
        if is_held_back && throttle.is_group_short() {
            // An emptied page is no leave to fill it: what was in it may be of others.
            group::free_some(task, engine);
            throttle.ask_group(task, engine);
            if throttle.is_group_short() {
                // Once for a page: that is slow enough, and what still waits may be of others.
                throttle.waits();
                group::seal_all(task, engine);
                fallback::wait(task, engine, object.channel(), caller);
                // The work that frees what has waited may not get a CPU for a while.
                group::free_some(task, engine);
            }
            continue;
        }
        let home = engine.nearby();
        // After the queue was let go: no allocation with preemption off.
        let new = (!is_held_back).then(EmptyPage::new_nowait).flatten();
        page = match new {
            Some(page) => Some(PageInHand::new(page, Counter::FromAllocator, home)),
            None => PageInHand::emptied(home, task),
        };
        // Somebody else may have emptied one in the meantime.
        if page.is_some() || (!is_held_back && engine.nearby().spares.has(1)) {
            continue;
        }
        if is_held_back {
            // Somebody may have freed enough in the meantime.
            throttle.waits();
            if throttle.too_much_waits() {
                fallback::wait(task, engine, object.channel(), caller);
                page = PageInHand::emptied(engine.nearby(), task);
            }
        } else if there_is_no_page {
            fallback::wait_and_free(task, engine, object, bytes, caller);
            return true;
        } else {
            // Then the open one does, if it isn't full.
            there_is_no_page = true;
        }
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
