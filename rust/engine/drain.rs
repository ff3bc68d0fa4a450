// SPDX-License-Identifier: GPL-2.0

//! From a sealed page to freed objects, and from an open page to a sealed one when no more come.
//!
//! [`Sealer`] seals open pages that have waited long enough; [`OnAlarm`] is called when a grace period
//! is over, and queues [`Drain`], which frees what has elapsed. Work comes back to the CPU that it
//! belongs to, since only there may a queue be used.

use kernel::{
    cpu::CpuId,
    pr_warn_once, //
};

use crate::{
    engine::{
        state::{
            Drain,
            OnAlarm,
            OwnedQueue,
            Queue,
            Sealer, //
        },
        Engine, //
    },
    observe::{
        stats::Counter,
        trace, //
    },
    page::{
        bulk_page::{
            EmptyPage,
            SealedPage,
            Way, //
        },
        page_list::WaitingPages, //
    },
    platform::{
        rcu::Ring,
        this_cpu::TaskContext,
        work::Run, //
    }, //
};

/// How long work waits that found itself on the wrong CPU.
const RETRY_JIFFIES: kernel::time::Jiffies = 1;

impl Ring for OnAlarm {
    fn ring(&self) {
        if let Some(queue) = self.engine.queues.slot(self.cpu) {
            let work = &queue.shared().drain;
            work.queue_on(self.engine.wq(), self.cpu, 0);
        }
    }
}

impl Run for Drain {
    fn run(&self, task: &mut TaskContext<'_>) {
        // Pages that are taken off the queue here are seen by the barrier as being in hand.
        let _in_hand = self.engine.in_hand.hold();
        let elapsed = match queue_of(task, &self.engine, self.cpu) {
            Found::Owned(mut queue) => queue.begin_drain(),
            Found::Elsewhere(queue) => return self.come_again(queue),
            Found::Offline => return,
        };
        release(task, &self.engine, elapsed, self.cpu);
        match queue_of(task, &self.engine, self.cpu) {
            Found::Owned(mut queue) => queue.end_drain(),
            // What was left to this drain is left to the next.
            Found::Elsewhere(queue) => self.come_again(queue),
            Found::Offline => {}
        }
    }
}

impl Drain {
    fn come_again(&self, queue: &Queue) {
        let work = &queue.shared().drain;
        work.queue_on(self.engine.wq(), self.cpu, RETRY_JIFFIES);
    }
}

impl Run for Sealer {
    fn run(&self, task: &mut TaskContext<'_>) {
        let must = self.engine.has_barrier();
        match queue_of(task, &self.engine, self.cpu) {
            Found::Owned(mut queue) if must => queue.seal_all(),
            Found::Owned(mut queue) => queue.seal_old(),
            Found::Elsewhere(queue) => {
                let work = &queue.shared().sealer;
                work.queue_on(self.engine.wq(), self.cpu, RETRY_JIFFIES);
            }
            Found::Offline => {}
        }
    }
}

/// What work finds when it comes to the queue of its CPU.
enum Found<'a> {
    /// The usual case: it runs on that CPU.
    Owned(OwnedQueue<'a>),
    /// It runs on another one, since its own is coming up or going down. It must try again.
    Elsewhere(&'a Queue),
    /// Its CPU is down: [`crate::engine::hotplug`] takes over, or has taken over, what was there.
    Offline,
}

fn queue_of<'a>(task: &'a mut TaskContext<'_>, engine: &'a Engine, cpu: CpuId) -> Found<'a> {
    let Some(queue) = engine.queues.slot(cpu) else {
        return Found::Offline;
    };
    match queue.try_own(task) {
        Some(owned) => Found::Owned(owned),
        None if queue.is_online() => Found::Elsewhere(queue),
        None => Found::Offline,
    }
}

/// Frees the objects in `pages`, all of whose grace periods are over.
///
/// The pages become spares of `home`, the CPU that they came from, as far as it wants any.
///
/// # Context
///
/// Process context, may sleep. The caller holds `engine.in_hand` since before it took the pages.
pub(crate) fn release(
    task: &mut TaskContext<'_>,
    engine: &Engine,
    mut pages: WaitingPages,
    home: CpuId,
) {
    if pages.is_empty() {
        return;
    }
    // A page alone is what little load leaves; more than one are better freed in bulk.
    let way = match pages.is_single() {
        true => Way::OneByOne,
        false => Way::Bulk,
    };
    trace::drain_start(home);
    let (mut nr_pages, mut nr_objects) = (0, 0);
    while let Some(page) = pages.pop() {
        let nr = page.len();
        let Some(empty) = release_page(task, engine, page, way) else {
            continue;
        };
        nr_pages += 1;
        nr_objects += nr;
        if let Some(queue) = engine.queues.slot(home) {
            drop(queue.shared().spares.keep(empty));
        }
    }
    trace::drain_end(home, nr_pages, nr_objects);
}

/// Empties a page of this CPU that has waited long enough, if there is one.
///
/// # Context
///
/// Process context, may sleep.
pub(crate) fn empty_one(task: &mut TaskContext<'_>, engine: &Engine) -> Option<EmptyPage> {
    let _in_hand = engine.in_hand.hold();
    let page = engine.queues.own_this_cpu(task).take_one_elapsed()?;
    release_page(task, engine, page, Way::Bulk)
}

/// Frees the objects in a page whose grace period is over, and counts them.
fn release_page(
    task: &mut TaskContext<'_>,
    engine: &Engine,
    page: SealedPage,
    way: Way,
) -> Option<EmptyPage> {
    let (nr, channel) = (page.len(), page.channel());
    let (bytes, opened) = (page.bytes(), page.opened());
    let released = page.release(way);
    let waited = opened.elapsed();
    let mut queue = engine.queues.own_this_cpu(task);
    match released {
        Ok(empty) => {
            queue.count_together(|queue| {
                queue.count_freed(channel, nr, bytes);
                queue.uncount(Counter::PendingPages, 1);
                queue.count(Counter::Batches, 1);
                queue.shared().latency.page_freed(waited, nr);
            });
            Some(empty)
        }
        Err(page) => {
            pr_warn_once!("a page was about to be freed before its grace period\n");
            queue.put_back(page);
            None
        }
    }
}
