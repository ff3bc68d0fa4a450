// SPDX-License-Identifier: GPL-2.0

//! What waits on one CPU, as code on any CPU may use it that has the queue's lock.
//!
//! There are the open page of each channel and the sealed pages behind them. Two promises hold
//! whenever nobody has the lock, so that no object is forgotten:
//!
//! - while a channel has an open page, the sealer work is queued or about to run, or the lane has a
//!   stamp;
//! - while sealed pages wait, or a lane has a stamp, the alarm is set, or drain work is queued or
//!   about to run, or somebody is emptying pages and looks again.
//!
//! A queue without pages isn't in `active`, which saves the barrier a look at it. What only code on
//! the queue's own CPU may do is in [`crate::engine::here`], what is counted in
//! [`crate::engine::counts`].

use core::ops::{
    Deref,
    DerefMut, //
};

use kernel::cpu::CpuId;

use crate::{
    engine::{
        state::{
            Local,
            Queue, //
        },
        Engine, //
    },
    object::{
        Channel,
        Pointer, //
    },
    observe::stats::Counter,
    page::{
        bulk_page::SealedPage,
        lane::Lane,
        page_list::WaitingPages,
        sizes, //
    },
    platform::{
        cpu::is_isolated,
        raw_lock::RawGuard,
        this_cpu::{
            OnThisCpu,
            TaskContext, //
        }, //
    }, //
};

/// A queue whose lock this code has.
pub(crate) struct LockedQueue<'a> {
    queue: &'a Queue,
    local: RawGuard<'a, Local>,
}

/// A lane whose cursor this code may use.
///
/// # Invariants
///
/// The code has the lock of the lane's queue, and either runs on its CPU with preemption off or
/// finds the gate closed.
pub(super) struct OwnedLane<'a>(&'a Lane);

impl<'a> OwnedLane<'a> {
    /// # Safety
    ///
    /// The type's invariant must hold as long as it lives.
    pub(super) unsafe fn new(lane: &'a Lane) -> Self {
        // INVARIANT: The contract says the same.
        Self(lane)
    }

    /// The lane.
    pub(super) fn lane(&self) -> &'a Lane {
        self.0
    }

    /// The pointers in the open page.
    pub(super) fn pointers(&self) -> &[Pointer] {
        // SAFETY: By the type invariant nobody else uses the cursor, and this value is borrowed.
        unsafe { self.0.pointers() }
    }
}

impl Queue {
    /// Takes the lock, on any CPU.
    ///
    /// # Context
    ///
    /// Process context. Preemption is off until the lock is released.
    pub(crate) fn lock<'a>(&'a self, _: &'a TaskContext<'_>) -> LockedQueue<'a> {
        LockedQueue {
            queue: self,
            local: self.local.lock(),
        }
    }

    /// Takes the lock, for code that stays on its CPU.
    pub(super) fn lock_with<'a, P>(&'a self, _: &OnThisCpu<P>) -> LockedQueue<'a> {
        LockedQueue {
            queue: self,
            local: self.local.lock(),
        }
    }
}

impl Engine {
    /// The queues that have pages, or may have.
    pub(crate) fn active(&self) -> impl Iterator<Item = &Queue> {
        self.active.iter().filter_map(|cpu| self.queues.get(cpu))
    }

    /// The queues that have ever had objects in their inbox.
    pub(crate) fn parking(&self) -> impl Iterator<Item = &Queue> {
        self.parking.iter().filter_map(|cpu| self.queues.get(cpu))
    }
}

impl Deref for LockedQueue<'_> {
    type Target = Local;

    fn deref(&self) -> &Local {
        &self.local
    }
}

impl DerefMut for LockedQueue<'_> {
    fn deref_mut(&mut self) -> &mut Local {
        &mut self.local
    }
}

impl<'a> LockedQueue<'a> {
    /// The queue.
    pub(crate) fn queue(&self) -> &'a Queue {
        self.queue
    }

    /// The CPU that the queue belongs to.
    pub(crate) fn cpu(&self) -> CpuId {
        self.queue.cpu()
    }

    /// Seals the open page of an owned lane, if there is one. Of its objects the last is known to
    /// take `last` bytes, or is estimated like the others. Returns how many there are.
    ///
    /// [`Self::rearm()`] is to follow.
    pub(super) fn seal(
        &mut self,
        channel: Channel,
        own: &OwnedLane<'_>,
        last: Option<usize>,
    ) -> usize {
        let lane = own.lane();
        let pointers = own.pointers();
        let others = match (last, pointers) {
            (Some(_), [others @ .., _]) => others,
            _ => pointers,
        };
        let seed = self.queue.stats.get(Counter::queued(channel)) as usize;
        // SAFETY: What is in an open page isn't freed before it is sealed.
        let bytes = unsafe { sizes::estimate(channel, others, self.each[channel as usize], seed) };
        let bytes = bytes.saturating_add(last.unwrap_or(0));
        let stamp = self.gates[channel as usize].take_stamp();
        let page = self.count_together(|queue| {
            // SAFETY: By its invariant nobody else uses the lane; the gate's stamp is one of its
            // page.
            let page = unsafe { lane.seal(bytes, stamp) }?;
            queue.count(Counter::queued(channel), page.len());
            queue.count(Counter::PendingPages, 1);
            queue.count_waiting(channel, page.len(), bytes);
            Some(page)
        });
        let Some(page) = page else {
            return 0;
        };
        self.weigh_open(channel, 0, 0);
        // SAFETY: The cursor was this code's to use.
        unsafe { self.gates[channel as usize].sealed(lane) };
        let nr = page.len();
        if page.elapsed() {
            self.first.push(page);
        } else {
            self.youngest = page.cookie();
            self.waiting.push(page);
        }
        nr
    }

    /// The channel's lane, if code on any CPU may use its cursor.
    fn own_closed(&self, channel: Channel) -> Option<OwnedLane<'a>> {
        self.gates[channel as usize].is_closed().then(|| {
            // SAFETY: This code has the lock, and the gate is closed until it opens it.
            unsafe { OwnedLane::new(self.queue.lane(channel)) }
        })
    }

    /// Has the open pages sealed: at once where that can be done from here, or after a grace
    /// period.
    pub(super) fn revoke(&mut self) {
        for channel in Channel::ALL {
            self.revoke_one(channel);
        }
        self.rearm();
    }

    /// The same for one channel. [`Self::rearm()`] is to follow.
    pub(super) fn revoke_one(&mut self, channel: Channel) {
        let lane = self.queue.lane(channel);
        if !lane.is_open() {
            return;
        }
        match self.own_closed(channel) {
            Some(own) if self.may_seal() => {
                self.seal(channel, &own, None);
            }
            _ => self.gates[channel as usize].revoke(lane),
        }
    }

    /// Seals the pages whose stamp's grace period is over, as far as there are empty ones in their
    /// stead; with `must`, whether there are or not.
    pub(super) fn settle(&mut self, must: bool) {
        for channel in Channel::ALL {
            let over = self.gates[channel as usize].settle();
            let Some(own) = self.own_closed(channel) else {
                continue;
            };
            let lane = own.lane();
            if !lane.is_open() {
                self.gates[channel as usize].take_stamp();
            } else if must || (over && self.may_seal()) {
                self.seal(channel, &own, None);
            } else if over && !self.gates[channel as usize].renew(lane) {
                // It costs no page: its objects can be freed on the spot.
                self.seal(channel, &own, None);
            }
        }
    }

    /// Whether an open page may be sealed though it isn't full: it is replaceable, or none is to
    /// come.
    fn may_seal(&self) -> bool {
        let none_to_come = !self.has_sealed() && !self.emptying_now;
        none_to_come || self.is_replaceable()
    }

    /// Whether there is an empty page in the stead of an open one, and one for each channel that
    /// has none.
    pub(super) fn is_replaceable(&self) -> bool {
        let closed = Channel::COUNT - self.queue.open_pages();
        self.queue.spares.has(closed + 1)
    }

    /// Sees to it that somebody looks when a grace period is over, if one is waited for.
    pub(super) fn rearm(&mut self) {
        // On an isolated CPU RCU's callback is to be another's: the work asks for it.
        self.rearm_with(!is_isolated(CpuId::current()));
    }

    /// The same; whether the alarm may be set here, or the drain work is to do that.
    fn rearm_with(&mut self, here: bool) {
        // Who is emptying pages looks when that is done.
        if self.emptying_now {
            return;
        }
        let Queue {
            drain,
            engine,
            alarm,
            ..
        } = self.queue;
        let waits = self.is_waiting() && !alarm.is_set();
        if self.first.has_elapsed() || (waits && !here) {
            drain.queue_now(engine.wq());
        }
        if waits && here && alarm.set() {
            self.count(Counter::GracePeriods, 1);
        }
    }

    /// Whether there are sealed pages.
    fn has_sealed(&self) -> bool {
        !self.waiting.is_empty() || !self.first.is_empty()
    }

    /// Whether a grace period is waited for.
    fn is_waiting(&self) -> bool {
        self.has_sealed() || self.gates.iter().any(|gate| gate.is_waiting())
    }

    /// Has all sealed pages go before those that are sealed later.
    pub(super) fn put_first(&mut self) {
        let pages = core::mem::take(&mut self.waiting);
        self.first.append(pages);
    }

    /// Whether a page can be emptied that goes before others.
    pub(super) fn has_first(&self) -> bool {
        self.first.has_elapsed()
    }

    /// Takes one page whose grace period is over, for who holds `emptying`.
    pub(super) fn take_elapsed(&mut self) -> Option<SealedPage> {
        self.emptying_now = true;
        let page = self.first.take_one_elapsed();
        page.or_else(|| self.waiting.take_one_elapsed())
    }

    /// Takes pages back that wait for their grace period. They were sealed before all others.
    pub(super) fn put_back(&mut self, mut pages: WaitingPages) {
        pages.append(core::mem::take(&mut self.waiting));
        self.waiting = pages;
        self.rearm();
    }

    /// Notes that nobody is emptying pages any more. The drain work sets the alarm wherever it
    /// runs.
    pub(super) fn emptied(&mut self, by_work: bool) {
        self.emptying_now = false;
        self.settle(false);
        self.rearm_with(by_work || !is_isolated(CpuId::current()));
        self.tidy();
    }

    /// Whether there is anything that waits, or will.
    pub(super) fn has_something(&self) -> bool {
        self.has_sealed() || self.emptying_now || self.queue.open_pages() > 0
    }

    /// Whether there are sealed pages whose grace period isn't over. Those that are being emptied
    /// are none.
    pub(super) fn has_recent(&self) -> bool {
        self.has_sealed() && self.youngest.is_some_and(|cookie| !cookie.elapsed())
    }

    /// Takes the queue off those that have pages, if it has none.
    pub(super) fn tidy(&mut self) {
        if self.has_something() {
            return;
        }
        self.settle_sums();
        self.queue.engine.active.remove(self.cpu());
    }
}
