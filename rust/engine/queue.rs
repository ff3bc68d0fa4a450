// SPDX-License-Identifier: GPL-2.0

//! What waits on one CPU: the open page of each channel and the sealed pages behind them.
//!
//! Two promises hold whenever nobody owns the slot, so that no object is forgotten:
//!
//! - while a channel has an open page, the CPU's sealer work is queued or about to run, or has left
//!   the page to the next drain work;
//! - while sealed pages wait, the CPU's alarm is set or its drain work is queued or about to run.

use kernel::time::msecs_to_jiffies;

use crate::{
    engine::state::{
        OwnedQueue,
        Refill, //
    },
    object::{
        Channel,
        Object,
        Pointer, //
    },
    observe::{
        stats::{
            self,
            Counter, //
        },
        trace, //
    },
    page::{
        bulk_page::{
            EmptyPage,
            SealedPage, //
        },
        page_list::WaitingPages,
        sizes, //
    },
    params, //
};

impl OwnedQueue<'_> {
    /// Adds to a counter of this CPU.
    pub(crate) fn count(&self, counter: Counter, n: usize) {
        self.shared().stats.add(counter, n as i64);
    }

    /// Counts several things that belong together, by `f`.
    pub(crate) fn count_together<R>(&self, f: impl FnOnce(&Self) -> R) -> R {
        self.shared().consistent().write(|| f(self))
    }

    /// Takes from a counter of this CPU.
    pub(crate) fn uncount(&self, counter: Counter, n: usize) {
        self.shared().stats.add(counter, -(n as i64));
    }

    /// Counts objects that begin to wait, and about how many bytes they take.
    pub(crate) fn count_waiting(&self, channel: Channel, objects: usize, bytes: usize) {
        self.count(Counter::Pending, objects);
        self.count(Counter::bytes(channel), bytes);
        stats::OBJECTS.add(objects as i64);
        stats::BYTES.add(bytes as i64);
    }

    /// Counts objects that were freed, and takes back what [`Self::count_waiting()`] has counted.
    pub(crate) fn count_freed(&self, channel: Channel, objects: usize, bytes: usize) {
        self.count(Counter::freed(channel), objects);
        self.uncount(Counter::Pending, objects);
        self.uncount(Counter::bytes(channel), bytes);
        stats::OBJECTS.add(-(objects as i64));
        stats::BYTES.add(-(bytes as i64));
    }

    /// Stores an object's pointer in the open page of its channel. If there is no room, the object
    /// comes back.
    #[inline]
    pub(super) fn push(&mut self, object: Object) -> Result<(), Object> {
        self.here().push(object)
    }

    /// Whether the open page of its channel has the object's pointer already.
    pub(super) fn holds(&self, object: &Object) -> bool {
        self.open_pointers(object.channel())
            .contains(&object.as_ptr())
    }

    fn open_pointers(&self, channel: Channel) -> &[Pointer] {
        // SAFETY: The owner has the cursor to itself, and is borrowed as long as these are looked at.
        unsafe { self.shared().cursor(channel).pointers() }
    }

    /// Opens `page` for the object's channel and stores its pointer as the first; what was open is
    /// sealed.
    pub(super) fn open(&mut self, page: EmptyPage, object: Object) {
        let (shared, channel) = (self.shared(), object.channel());
        if let Some(nr) = self.seal(channel) {
            trace::page_full(self.cpu(), channel, nr);
        }
        // SAFETY: The owner has the cursor to itself, and `seal()` left it without a page.
        unsafe { shared.cursor(channel).open(page, object) };
        let delay = msecs_to_jiffies(params::drain_delay_ms());
        shared
            .sealer
            .queue_on(shared.engine.wq(), self.cpu(), delay);
    }

    /// Seals the channel's open page, if any, and sees to it that it is freed in time. Returns how
    /// many pointers it has.
    pub(crate) fn seal(&mut self, channel: Channel) -> Option<usize> {
        let nr = self.close(channel)?;
        self.rearm();
        Some(nr)
    }

    /// Seals all open pages.
    pub(crate) fn seal_all(&mut self) {
        self.deferred = None;
        for channel in Channel::ALL {
            self.seal(channel);
        }
    }

    /// Seals open pages that are old but not full, as far as there are empty ones in their stead.
    ///
    /// The others are left to the drain, which brings pages back, unless there is none to wait for.
    pub(crate) fn seal_old(&mut self) {
        // Start with the channel deferred last time, so that neither starves.
        let first = self.deferred.take().unwrap_or(Channel::Slab);
        for channel in [first, first.other()] {
            if !self.shared().cursor(channel).is_open() {
                continue;
            }
            let closed = Channel::COUNT - self.shared().open_pages();
            let none_to_come = self.waiting.is_empty() && !self.draining;
            if none_to_come || self.shared().spares.has(closed + 1) {
                self.seal(channel);
            } else if self.deferred.is_none() {
                self.deferred = Some(channel);
            }
        }
    }

    /// Moves the channel's open page to the waiting ones. Returns how many pointers it has.
    fn close(&mut self, channel: Channel) -> Option<usize> {
        let seed = self.shared().stats.get(Counter::queued(channel)) as usize;
        // SAFETY: What is in an open page isn't freed before it is sealed.
        let bytes = unsafe { sizes::estimate(channel, self.open_pointers(channel), seed) };
        let page = self.count_together(|queue| {
            // SAFETY: The owner has the cursor to itself.
            let page = unsafe { queue.shared().cursor(channel).seal(bytes) }?;
            queue.count(Counter::queued(channel), page.len());
            queue.count(Counter::PendingPages, 1);
            queue.count_waiting(channel, page.len(), bytes);
            Some(page)
        })?;
        let nr = page.len();
        self.waiting.push(page);
        Some(nr)
    }

    /// Sets the alarm if pages wait.
    pub(crate) fn rearm(&mut self) {
        if !self.waiting.is_empty() && self.shared().alarm.set() {
            self.count(Counter::GracePeriods, 1);
        }
    }

    /// Takes the pages whose grace period is over, and sets the alarm for the others.
    ///
    /// When they have been emptied, [`Self::end_drain()`] must follow, unless the CPU dies first.
    pub(crate) fn begin_drain(&mut self) -> WaitingPages {
        let elapsed = self.waiting.take_elapsed();
        self.rearm();
        self.draining = !elapsed.is_empty();
        elapsed
    }

    /// Does what [`Self::seal_old()`] has left to the drain, if anything.
    pub(crate) fn end_drain(&mut self) {
        self.draining = false;
        if self.deferred.is_some() {
            self.seal_old();
        }
    }

    /// Takes all that waits, open pages included, off a CPU that is dead.
    pub(crate) fn leave(&mut self) -> WaitingPages {
        let left = self.take_all();
        // The drain may find itself elsewhere, and has no queue to come back to.
        self.draining = false;
        self.deferred = None;
        left
    }

    /// Takes the page that has waited longest, if its grace period is over.
    pub(crate) fn take_one_elapsed(&mut self) -> Option<SealedPage> {
        self.waiting.take_one_elapsed()
    }

    /// Takes all that waits, open pages included.
    pub(crate) fn take_all(&mut self) -> WaitingPages {
        for channel in Channel::ALL {
            self.close(channel);
        }
        core::mem::take(&mut self.waiting)
    }

    /// Takes pages in that wait for their grace period.
    pub(crate) fn adopt(&mut self, pages: WaitingPages) {
        self.waiting.append(pages);
        self.rearm();
    }

    /// Takes a page back in whose objects are not to be freed yet.
    pub(crate) fn put_back(&mut self, page: SealedPage) {
        self.waiting.push(page);
        self.rearm();
    }

    /// Takes a spare, if there is one, and has more allocated if few are left.
    pub(crate) fn take_spare(&self) -> Option<EmptyPage> {
        let shared = self.shared();
        let page = shared.spares.take();
        if shared.spares.is_low() {
            let wq = shared.engine.refill_wq();
            shared.refill.queue_on(wq, self.cpu(), Refill::delay());
        }
        page
    }
}
