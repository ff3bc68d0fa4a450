// SPDX-License-Identifier: GPL-2.0

//! What waits on one CPU: the open page of each channel and the sealed pages behind them.
//!
//! Two promises hold whenever nobody owns the slot, so that no object is forgotten:
//!
//! - while a channel has an open page, the CPU's flush work is queued or about to run;
//! - while sealed pages wait, the CPU's alarm is set or its drain work is queued or about to run.

use kernel::{
    cpu::CpuId,
    prelude::*,
    time::msecs_to_jiffies, //
};

use crate::{
    bulk_page::{
        Channel,
        EmptyPage,
        Object,
        SealedPage, //
    },
    cursor::Cursor,
    drain,
    engine::Handle,
    page_list::{
        SparePages,
        WaitingPages, //
    },
    percpu,
    rcu::Alarm,
    stats::{
        Counter,
        CpuStats, //
    },
    work::Work, //
};

/// How long an open page may wait for more pointers before it is sealed as it is.
const FLUSH_DELAY_MS: u32 = 100;

/// How many empty pages a CPU keeps at hand.
const MAX_SPARES: usize = 4;

/// What only the owner of the slot uses.
#[derive(Default)]
pub(crate) struct Local {
    waiting: WaitingPages,
    spares: SparePages,
}

/// What others may look at and act on.
///
/// # Invariants
///
/// The cursors are changed by the owner of the slot alone.
#[pin_data]
pub(crate) struct Shared {
    cursors: [Cursor; Channel::COUNT],
    /// The counters of this CPU.
    pub(crate) stats: CpuStats,
    engine: Handle,
    #[pin]
    alarm: Alarm<drain::OnAlarm>,
    #[pin]
    drain: Work<drain::Drain>,
    #[pin]
    flush: Work<drain::Flush>,
}

/// All CPUs' queues.
pub(crate) type Queues = percpu::PerCpu<Local, Shared>;
/// One CPU's queue.
pub(crate) type Queue = percpu::Slot<Local, Shared>;
/// One CPU's queue in the hands of code that has it to itself.
pub(crate) type OwnedQueue<'a> = percpu::Owner<'a, Local, Shared>;

impl Shared {
    /// Makes an empty queue for `cpu`.
    pub(crate) fn new(engine: Handle, cpu: CpuId) -> impl PinInit<Self> {
        pin_init!(Self {
            cursors: [const { Cursor::none() }; Channel::COUNT],
            stats: CpuStats::new(),
            alarm <- Alarm::new(drain::OnAlarm::new(engine, cpu)),
            drain <- Work::new(drain::Drain::new(engine, cpu)),
            flush <- Work::new(drain::Flush::new(engine, cpu)),
            engine,
        })
    }

    fn cursor(&self, channel: Channel) -> &Cursor {
        match channel {
            Channel::Slab => &self.cursors[0],
            Channel::Vmalloc => &self.cursors[1],
        }
    }

    /// How many pointers the channel's open page holds, as seen from any CPU at any time.
    pub(crate) fn open_pointers(&self, channel: Channel) -> usize {
        self.cursor(channel).pending()
    }

    /// How many channels have an open page, as seen from any CPU at any time.
    pub(crate) fn open_pages(&self) -> usize {
        self.cursors.iter().filter(|c| c.is_open()).count()
    }

    /// The work that frees what has waited long enough.
    pub(crate) fn drain(self: Pin<&Self>) -> Pin<&Work<drain::Drain>> {
        // SAFETY: The field is pinned along with the struct.
        unsafe { self.map_unchecked(|s| &s.drain) }
    }

    /// The work that seals the open pages.
    pub(crate) fn flush(self: Pin<&Self>) -> Pin<&Work<drain::Flush>> {
        // SAFETY: The field is pinned along with the struct.
        unsafe { self.map_unchecked(|s| &s.flush) }
    }

    fn alarm(self: Pin<&Self>) -> Pin<&Alarm<drain::OnAlarm>> {
        // SAFETY: The field is pinned along with the struct.
        unsafe { self.map_unchecked(|s| &s.alarm) }
    }
}

impl OwnedQueue<'_> {
    /// Adds to a counter of this CPU.
    pub(crate) fn count(&self, counter: Counter, n: usize) {
        self.shared().stats.add(counter, n as i64);
    }

    /// Takes from a counter of this CPU.
    pub(crate) fn uncount(&self, counter: Counter, n: usize) {
        self.shared().stats.add(counter, -(n as i64));
    }

    /// Stores a pointer in the channel's open page. Returns whether there was room.
    ///
    /// # Safety
    ///
    /// `object` must be the caller's to give away, to be freed in the way of `channel`.
    #[inline]
    pub(crate) unsafe fn push(&mut self, channel: Channel, object: Object) -> bool {
        // SAFETY: The owner has the cursor to itself; the rest is the contract.
        unsafe { self.shared().get_ref().cursor(channel).push(object) }
    }

    /// Opens `page` for the channel and stores a first pointer; what was open is sealed.
    ///
    /// # Safety
    ///
    /// As for [`Self::push()`].
    pub(crate) unsafe fn open(&mut self, page: EmptyPage, channel: Channel, object: Object) {
        let shared = self.shared();
        self.seal(channel);
        // SAFETY: The owner has the cursor to itself, and `seal()` left it without a page; the rest
        // is the contract.
        unsafe { shared.get_ref().cursor(channel).open(page, channel, object) };
        shared.flush().queue_on(
            shared.engine.wq(),
            self.cpu(),
            msecs_to_jiffies(FLUSH_DELAY_MS),
        );
    }

    /// Seals the channel's open page, if any, and sees to it that it is freed in time.
    pub(crate) fn seal(&mut self, channel: Channel) {
        if self.close(channel) {
            self.rearm();
        }
    }

    /// Seals all open pages.
    pub(crate) fn seal_all(&mut self) {
        for channel in Channel::ALL {
            self.seal(channel);
        }
    }

    /// Moves the channel's open page to the waiting ones.
    fn close(&mut self, channel: Channel) -> bool {
        // SAFETY: The owner has the cursor to itself.
        let Some(page) = (unsafe { self.shared().get_ref().cursor(channel).seal() }) else {
            return false;
        };
        self.count(Counter::queued(channel), page.len());
        self.count(Counter::Waiting, page.len());
        self.count(Counter::WaitingPages, 1);
        self.waiting.push(page);
        true
    }

    /// Sets the alarm if pages wait.
    pub(crate) fn rearm(&mut self) {
        if !self.waiting.is_empty() && self.shared().alarm().set() {
            self.count(Counter::GracePeriods, 1);
        }
    }

    /// Takes the pages whose grace period is over, and sets the alarm for the others.
    pub(crate) fn take_elapsed(&mut self) -> WaitingPages {
        let elapsed = self.waiting.take_elapsed();
        self.rearm();
        elapsed
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

    /// Takes an empty page, if one is at hand.
    pub(crate) fn take_spare(&mut self) -> Option<EmptyPage> {
        let page = self.spares.pop()?;
        self.uncount(Counter::SparePages, 1);
        Some(page)
    }

    /// Keeps an empty page at hand; it comes back when there are enough.
    #[must_use = "a page that isn't kept is to be freed once the queue is let go"]
    pub(crate) fn give_spare(&mut self, page: EmptyPage) -> Option<EmptyPage> {
        if self.spares.len() >= MAX_SPARES {
            return Some(page);
        }
        self.spares.push(page);
        self.count(Counter::SparePages, 1);
        None
    }

    /// Takes all empty pages.
    pub(crate) fn take_spares(&mut self) -> SparePages {
        self.uncount(Counter::SparePages, self.spares.len());
        core::mem::take(&mut self.spares)
    }
}
