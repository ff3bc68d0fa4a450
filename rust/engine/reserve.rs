// SPDX-License-Identifier: GPL-2.0

//! Room that is set aside beforehand, for frees that must succeed where nothing can be waited for.
//!
//! A reserve is an [`Inbox`] of its own. The caller holds a [`Slot`] that leads to it; the engine
//! has a list of all, for the barrier and for those that are never given back. Frees find their
//! way under RCU, so that taking a reserve away, or putting a larger one in its place, is safe even
//! against callers who don't keep to the rules.
//!
//! The list's lock is held for a walk along the list at most: nothing is allocated and nobody
//! waited for with it, since a caller's flags may say that it holds locks which memory reclaim
//! needs.

use kernel::{
    bindings::gfp_t,
    list::{
        impl_list_arc_safe,
        impl_list_item,
        List,
        ListArc,
        ListLinks, //
    },
    new_mutex,
    pr_warn_once,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed, //
        },
        Arc,
        ArcBorrow,
        Mutex, //
    }, //
};

use crate::{
    bindings,
    engine::inbox::{
        Inbox,
        Sink, //
    },
    object::Object,
    observe::stats,
    platform::{
        gfp::flags,
        inline_atomic::load_ptr_acquire,
        rcu::synchronize_rcu,
        this_cpu::NoPreempt, //
    }, //
};

/// The most that one reserve can have room for.
pub(crate) const MAX_OBJECTS: usize = bindings::RCU_HEADLESS_RESERVE_MAX as usize;

/// A reserve.
#[pin_data]
pub(crate) struct Reserve<S: Sink> {
    /// Which it is, of all that have ever been on the list.
    number: Atomic<u64>,
    #[pin]
    inbox: Inbox<S>,
    #[pin]
    links: ListLinks,
}

impl_list_arc_safe! {
    impl{S: Sink} ListArcSafe<0> for Reserve<S> { untracked; }
}
impl_list_item! {
    impl{S: Sink} ListItem<0> for Reserve<S> { using ListLinks { self.links }; }
}

impl<S: Sink> Reserve<S> {
    /// Makes a reserve with room for `nr` objects, in memory that is allocated with `gfp`.
    fn new(sink: S, nr: usize, gfp: gfp_t) -> Result<ListArc<Self>> {
        // No mark: half of it may be all that ever comes, in one go.
        let inbox = Inbox::new(sink, nr, nr, gfp, kernel::bindings::NUMA_NO_NODE)?;
        let init = try_pin_init!(Self {
            number: Atomic::new(0),
            inbox <- inbox,
            links <- ListLinks::new(),
        }? Error);
        ListArc::pin_init(init, flags(gfp))
    }
}

/// All reserves that there are.
#[pin_data]
pub(crate) struct Reserves<S: Sink> {
    #[pin]
    all: Mutex<All<S>>,
}

struct All<S: Sink> {
    /// In the order of their numbers.
    list: List<Reserve<S>>,
    /// The last number that was given.
    last: u64,
}

impl<S: Sink> Reserves<S> {
    /// There are none.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            all <- new_mutex!(All { list: List::new(), last: 0 }, "rcu_headless_reserves"),
        })
    }

    /// Has everything queued that was put into any of them before the call.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn flush(&self) {
        // All at once, so that few are left to wait for. Those that are made later have nothing in
        // them that was put in before.
        let last = self.hurry();
        // One after the other, without the lock.
        let mut done = 0;
        while let Some(next) = self.next_busy(done, last) {
            next.inbox.flush();
            done = next.number.load(Relaxed);
        }
    }

    /// Has the work queued of those that have something in them. Returns the last number that any
    /// has.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn hurry(&self) -> u64 {
        let all = self.all.lock();
        all.list.iter().for_each(|reserve| reserve.inbox.hurry());
        all.last
    }

    /// The first behind number `after`, up to `last`, that has something in it.
    fn next_busy(&self, after: u64, last: u64) -> Option<Arc<Reserve<S>>> {
        let all = self.all.lock();
        let numbers = after + 1..=last;
        let busy = |reserve: &Reserve<S>| {
            numbers.contains(&reserve.number.load(Relaxed)) && !reserve.inbox.is_idle()
        };
        let found = all.list.iter().find(|reserve| busy(reserve));
        found.map(Arc::from)
    }

    /// How many objects are in reserves and aren't queued yet.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn parked(&self) -> usize {
        let all = self.all.lock();
        all.list
            .iter()
            .map(|reserve| reserve.inbox.fifo().len())
            .sum()
    }

    /// How many objects have been freed through reserves.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn total(&self) -> i64 {
        // A reserve leaves the list and is counted as gone while it is locked.
        let all = self.all.lock();
        let now: u64 = all
            .list
            .iter()
            .map(|reserve| reserve.inbox.fifo().total())
            .sum();
        stats::RESERVED.get() + now as i64
    }

    /// Drops a reserve that has just left its slot, when nobody can be putting anything in any more
    /// and all that was put in has been queued.
    fn retire(&self, old: Arc<Reserve<S>>) {
        synchronize_rcu();
        old.inbox.flush();
        let mut all = self.all.lock();
        // SAFETY: A reserve is on this list or on none.
        let gone = unsafe { all.list.remove(&old) };
        if gone.is_some() {
            stats::RESERVED.add(old.inbox.fifo().total() as i64);
        }
        drop(all);
        // Who flushes all may have it yet, and drops it then.
        drop((gone, old));
    }
}

impl<S: Sink> Drop for All<S> {
    fn drop(&mut self) {
        if !self.list.is_empty() {
            pr_warn_once!("a reserve was never given back\n");
        }
    }
}

/// Where a caller keeps a reserve.
///
/// # Invariants
///
/// Null or a reserve on the engine's list, where it is pinned. It leaves the slot while the list is
/// locked, and the list only when a grace period has passed since.
#[repr(transparent)]
pub(crate) struct Slot<S: Sink>(Atomic<*mut Reserve<S>>);

impl<S: Sink> Slot<S> {
    /// Sees to it that there is room for `nr` objects. `reserves` is the engine's list.
    ///
    /// # Errors
    ///
    /// `EINVAL` if no reserve may be that large, `ENOMEM`. What was there before stays as it was.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn provide(&self, reserves: &Reserves<S>, sink: S, nr: usize, gfp: gfp_t) -> Result {
        if nr > MAX_OBJECTS {
            return Err(EINVAL);
        }
        loop {
            let now = self.get(reserves);
            if let Some(now) = now.filter(|now| nr <= now.inbox.fifo().capacity()) {
                if now.inbox.fifo().room() < nr {
                    now.inbox.flush();
                }
                return Ok(());
            }
            if nr == 0 {
                return Ok(());
            }
            self.enlarge(reserves, Reserve::new(sink.clone(), nr, gfp)?);
        }
    }

    /// The reserve, if there is one.
    fn get(&self, reserves: &Reserves<S>) -> Option<Arc<Reserve<S>>> {
        let _all = reserves.all.lock();
        // SAFETY: By the type invariant it is null or on the list, which is locked.
        unsafe { arc_of(self.0.load(Acquire)) }
    }

    /// Puts `new` in the place of the reserve, unless that is as large by now.
    fn enlarge(&self, reserves: &Reserves<S>, new: ListArc<Reserve<S>>) {
        let mut all = reserves.all.lock();
        // SAFETY: By the type invariant it is null or on the list, which is locked.
        let old = unsafe { arc_of(self.0.load(Acquire)) };
        let capacity = |of: &Reserve<S>| of.inbox.fifo().capacity();
        if old
            .as_ref()
            .is_some_and(|old| capacity(old) >= capacity(&new))
        {
            drop(all);
            return drop(new);
        }
        all.last += 1;
        new.number.store(all.last, Relaxed);
        // INVARIANT: On the list before the lock is let go; what was there before leaves it in the
        // way that it must.
        self.0.xchg(Arc::as_ptr(new.as_arc()).cast_mut(), Full);
        all.list.push_back(new);
        drop(all);
        if let Some(old) = old {
            reserves.retire(old);
        }
    }

    /// Gives the reserve back, if there is one. What is in it will be freed.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn give_back(&self, reserves: &Reserves<S>) {
        let old = {
            let _all = reserves.all.lock();
            // SAFETY: By the type invariant it is null or on the list, which is locked.
            unsafe { arc_of(self.0.xchg(core::ptr::null_mut(), Full)) }
        };
        if let Some(old) = old {
            reserves.retire(old);
        }
    }

    /// Puts an object into the reserve if that is all there is to do. Otherwise it comes back.
    ///
    /// # Context
    ///
    /// Any context.
    #[inline(always)]
    pub(crate) fn put_quickly(&self, object: Object) -> Result<(), Object> {
        let reader = NoPreempt::new();
        match self.inbox(&reader) {
            Some(inbox) => inbox.put_quickly(object, &reader),
            None => Err(object),
        }
    }

    /// Puts an object into the reserve. If there is no room, or no reserve, it comes back.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn put(&self, object: Object) -> Result<(), Object> {
        let reader = NoPreempt::new();
        match self.inbox(&reader) {
            Some(inbox) => inbox.put(object, &reader),
            None => Err(object),
        }
    }

    #[inline(always)]
    fn inbox<'a>(&self, _reader: &'a NoPreempt) -> Option<&'a Inbox<S>> {
        // SAFETY: By the type invariant it is null, or valid until a grace period from now, for
        // which there is a reader to wait for.
        let reserve: Option<&'a Reserve<S>> = unsafe { load_ptr_acquire(&self.0).as_ref() };
        reserve.map(|reserve| &reserve.inbox)
    }
}

/// A reference of one's own to what is in a slot.
///
/// # Safety
///
/// It must be null, or a reserve that is on the list while this is called.
unsafe fn arc_of<S: Sink>(reserve: *mut Reserve<S>) -> Option<Arc<Reserve<S>>> {
    // SAFETY: The list has it as an `Arc` (contract).
    (!reserve.is_null()).then(|| unsafe { ArcBorrow::from_raw(reserve) }.into())
}
