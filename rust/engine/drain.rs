// SPDX-License-Identifier: GPL-2.0

//! From a sealed page to freed objects.
//!
//! [`OnAlarm`] is called when a grace period is over, and queues [`Drain`], which frees what has
//! elapsed. All of it runs on whichever CPU there is.

use kernel::{
    pr_warn_once,
    sync::lock::mutex::MutexGuard, //
};

use crate::{
    engine::state::{
        Drain,
        OnAlarm,
        Queue, //
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

impl Ring for OnAlarm {
    fn ring(&self) {
        if let Some(queue) = self.queue() {
            queue.drain.queue_now(self.engine.wq());
        }
    }
}

impl Run for Drain {
    fn run(&self, task: &mut TaskContext<'_>) {
        let Some(queue) = self.queue() else {
            return;
        };
        queue.lock(task).settle(false);
        for _ in 0..ROUNDS {
            if !Emptying::new(queue, task, By::Work).some() {
                return;
            }
        }
        queue.drain.queue_now(self.engine.wq());
    }
}

/// How many pages are emptied before others may go on who wait for one.
const PAGES: usize = 4;

/// How often the work does that before work of other queues may run: there may be one thread for
/// all.
const ROUNDS: usize = 64;

impl Queue {
    /// Frees what goes before other pages, as far as it has waited long enough.
    ///
    /// # Context
    ///
    /// Process context, may sleep. On any CPU.
    pub(super) fn drain_first(&self, task: &TaskContext<'_>) {
        loop {
            let emptying = Emptying::new(self, task, By::Task);
            if !self.lock(task).has_first() {
                // Nor is anybody else freeing any.
                return;
            }
            emptying.some();
        }
    }

    /// Empties a page that has waited long enough, if there is one. If somebody is at it already,
    /// this waits for its turn, which is soon: a caller that comes before whatever frees objects
    /// would otherwise never find a page.
    ///
    /// # Context
    ///
    /// Process context, may sleep. On any CPU.
    pub(super) fn empty_one(&self, task: &TaskContext<'_>) -> Option<EmptyPage> {
        Emptying::new(self, task, By::Task).one()
    }

    /// The same if nobody is at it: on another CPU than its own they may be kept from running.
    pub(super) fn try_empty_one(&self, task: &TaskContext<'_>) -> Option<EmptyPage> {
        Emptying::try_new(self, task, By::Task)?.one()
    }
}

/// Who empties pages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// The drain work.
    Work,
    /// A task that calls, which may be alone on an isolated CPU.
    Task,
}

/// The right to take pages off a queue and to free their objects.
struct Emptying<'a> {
    queue: &'a Queue,
    task: &'a TaskContext<'a>,
    by: By,
    _emptying: MutexGuard<'a, ()>,
}

impl Drop for Emptying<'_> {
    fn drop(&mut self) {
        self.queue.lock(self.task).emptied(self.by == By::Work);
    }
}

impl<'a> Emptying<'a> {
    fn new(queue: &'a Queue, task: &'a TaskContext<'a>, by: By) -> Self {
        Self::with(queue.emptying.lock(), queue, task, by)
    }

    /// The same, if nobody has it.
    fn try_new(queue: &'a Queue, task: &'a TaskContext<'a>, by: By) -> Option<Self> {
        Some(Self::with(queue.emptying.try_lock()?, queue, task, by))
    }

    fn with(
        emptying: MutexGuard<'a, ()>,
        queue: &'a Queue,
        task: &'a TaskContext<'a>,
        by: By,
    ) -> Self {
        Self {
            queue,
            task,
            by,
            _emptying: emptying,
        }
    }

    /// Empties the first page, if it has waited long enough.
    fn one(&self) -> Option<EmptyPage> {
        let page = {
            let mut queue = self.queue.lock(self.task);
            queue.settle(false);
            queue.take_elapsed()?
        };
        self.release_page(page, Way::Bulk)
    }

    /// Empties the first pages that have waited long enough, [`PAGES`] at most. Returns whether
    /// there were any.
    fn some(&self) -> bool {
        let mut pages = WaitingPages::default();
        {
            let mut queue = self.queue.lock(self.task);
            let elapsed = core::iter::from_fn(|| queue.take_elapsed());
            elapsed.take(PAGES).for_each(|page| pages.push(page));
        }
        let any = !pages.is_empty();
        self.release(pages);
        any
    }

    /// Frees the objects in pages of the queue, all of whose grace periods are over. The pages
    /// become spares again, as far as any are wanted.
    ///
    /// # Context
    ///
    /// Process context, may sleep.
    fn release(&self, mut pages: WaitingPages) {
        if pages.is_empty() {
            return;
        }
        // A page alone is what little load leaves; more than one are better freed in bulk.
        let way = match pages.is_single() {
            true => Way::OneByOne,
            false => Way::Bulk,
        };
        let cpu = self.queue.cpu();
        trace::drain_start(cpu);
        let (mut nr_pages, mut nr_objects) = (0, 0);
        while let Some(page) = pages.pop() {
            let nr = page.len();
            if let Some(empty) = self.release_page(page, way) {
                nr_pages += 1;
                nr_objects += nr;
                drop(self.queue.spares.keep(empty));
            }
        }
        trace::drain_end(cpu, nr_pages, nr_objects);
    }

    /// Frees the objects in a page whose grace period is over, and counts them.
    fn release_page(&self, page: SealedPage, way: Way) -> Option<EmptyPage> {
        let (nr, channel) = (page.len(), page.channel());
        let (bytes, opened) = (page.bytes(), page.opened());
        let released = page.release(way);
        let waited = opened.elapsed();
        let mut queue = self.queue.lock(self.task);
        match released {
            Ok(empty) => {
                queue.count_together(|queue| {
                    queue.count_freed(channel, nr, bytes);
                    queue.uncount(Counter::PendingPages, 1);
                    queue.count(Counter::Batches, 1);
                    queue.queue().latency.page_freed(waited, nr);
                });
                Some(empty)
            }
            Err(page) => {
                pr_warn_once!("a page was about to be freed before its grace period\n");
                let mut pages = WaitingPages::default();
                pages.push(page);
                queue.put_back(pages);
                None
            }
        }
    }
}
