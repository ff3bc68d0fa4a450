// SPDX-License-Identifier: GPL-2.0

//! Room that is set aside beforehand, for frees that must succeed where nothing can be waited for.
//!
//! A reserve is an [`Inbox`] of its own. The caller holds a [`Slot`] that leads to it; the engine
//! has a list of all, for the barrier and for those that are never given back. Frees find their
//! way under RCU, so that taking a reserve away, or putting a larger one in its place, is safe even
//! against callers who don't keep to the rules.

use kernel::{
    bindings::gfp_t,
    pr_warn_once,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full, //
        },
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
    #[pin]
    inbox: Inbox<S>,
}

impl<S: Sink> Reserve<S> {
    /// Makes a reserve with room for `nr` objects, in memory that is allocated with `gfp`.
    fn new(sink: S, nr: usize, gfp: gfp_t) -> Result<Pin<KBox<Self>>> {
        // No mark: half of it may be all that ever comes, in one go.
        let inbox = Inbox::new(sink, nr, nr, gfp)?;
        KBox::pin_init(pin_init!(Self { inbox <- inbox }), flags(gfp))
    }
}

/// All reserves that there are.
pub(crate) struct List<S: Sink>(KVVec<Pin<KBox<Reserve<S>>>>);

impl<S: Sink> List<S> {
    /// There are none.
    pub(crate) const fn new() -> Self {
        Self(KVVec::new())
    }

    /// The inbox of each.
    pub(crate) fn inboxes(&self) -> impl Iterator<Item = &Inbox<S>> {
        self.0.iter().map(|reserve| &reserve.inbox)
    }

    /// Drops one that has just left its slot, when nobody can be putting anything in any more and
    /// all that was put in has been queued. `old` may be null.
    fn retire(&mut self, old: *const Reserve<S>) {
        let mut all = self.0.iter().map(|reserve| &**reserve);
        let Some(at) = all.position(|reserve| core::ptr::eq(reserve, old)) else {
            return;
        };
        synchronize_rcu();
        if let Ok(old) = self.0.remove(at) {
            old.inbox.flush();
            stats::RESERVED.add(old.inbox.fifo().total() as i64);
        }
    }
}

impl<S: Sink> Drop for List<S> {
    fn drop(&mut self) {
        if !self.0.is_empty() {
            pr_warn_once!("a reserve was never given back\n");
        }
    }
}

/// Where a caller keeps a reserve.
///
/// # Invariants
///
/// Null or a reserve on the engine's list, where it is pinned. It leaves the list only after it has
/// left the slot and a grace period has passed since.
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
    pub(crate) fn provide(
        &self,
        reserves: &Mutex<List<S>>,
        sink: S,
        nr: usize,
        gfp: gfp_t,
    ) -> Result {
        if nr > MAX_OBJECTS {
            return Err(EINVAL);
        }
        // Held to the end, so that calls for one slot follow each other, whatever callers do.
        let mut list = reserves.lock();
        // SAFETY: By the type invariant it is null or on the list, which is locked.
        let now = unsafe { self.0.load(Acquire).as_ref() }.map(|now| &now.inbox);
        if nr <= now.map_or(0, |now| now.fifo().capacity()) {
            if let Some(now) = now.filter(|now| now.fifo().room() < nr) {
                now.flush();
            }
            return Ok(());
        }
        let reserve = Reserve::new(sink, nr, gfp)?;
        let new = core::ptr::from_ref(&*reserve).cast_mut();
        list.0.push(reserve, flags(gfp))?;
        // INVARIANT: On the list; what was there before leaves it in the way that it must.
        let old = self.0.xchg(new, Full);
        list.retire(old);
        Ok(())
    }

    /// Gives the reserve back, if there is one. What is in it will be freed.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn give_back(&self, reserves: &Mutex<List<S>>) {
        let mut list = reserves.lock();
        let old = self.0.xchg(core::ptr::null_mut(), Full);
        list.retire(old);
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
    /// Any context but NMI.
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
