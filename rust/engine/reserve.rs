// SPDX-License-Identifier: GPL-2.0

//! Room that is set aside beforehand, for frees that must succeed where nothing can be waited for.
//!
//! A reserve is an [`Inbox`] of its own. The caller holds a [`Slot`] that leads to it; the engine
//! has a list of all, for the barrier and for those that are never given back. Frees find their
//! way under RCU, so that taking a reserve away, or putting a larger one in its place, is safe even
//! against callers who don't keep to the rules.

use core::{
    cell::UnsafeCell,
    ptr::NonNull, //
};

use kernel::{
    alloc::AllocError,
    bindings::gfp_t,
    pr_warn_once,
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Full, //
    }, //
};

use crate::{
    bindings,
    engine::{
        inbox::Inbox,
        Engine,
        Handle, //
    },
    object::Object,
    observe::stats,
    platform::{
        inline_atomic::load_ptr_acquire,
        rcu::synchronize_rcu,
        this_cpu::NoPreempt, //
    }, //
};

/// The most that one reserve can have room for.
pub(crate) const MAX_OBJECTS: usize = bindings::RCU_HEADLESS_RESERVE_MAX as usize;

/// A reserve.
#[pin_data]
pub(crate) struct Reserve {
    #[pin]
    inbox: Inbox,
    /// The next one on the engine's list. Belongs to whoever has the list.
    next: UnsafeCell<Option<NonNull<Reserve>>>,
}

impl Reserve {
    /// Makes a reserve with room for `nr` objects, in memory that is allocated with `gfp`.
    fn new(engine: Handle, nr: usize, gfp: gfp_t) -> Result<Pin<KBox<Self>>> {
        // No mark: half of it may be all that ever comes, in one go.
        let inbox = Inbox::new(engine, nr, nr, gfp)?;
        // SAFETY: Sound as far as `gfp` suits the caller's context.
        let place = unsafe { bindings::rcu_headless_helper_kzalloc(size_of::<Self>(), gfp) };
        let place: NonNull<Self> = NonNull::new(place.cast()).ok_or(AllocError)?;
        let init = pin_init!(Self {
            inbox <- inbox,
            next: UnsafeCell::new(None),
        });
        // SAFETY: The place is allocated, aligned as kmalloc() aligns, and stays where it is. The
        // error type has no values.
        let Ok(()) = unsafe { init.__init(place.as_ptr()) };
        // SAFETY: Initialised, in memory of the allocator that a `KBox` gives it back to.
        Ok(KBox::into_pin(unsafe { KBox::from_raw(place.as_ptr()) }))
    }

    fn inbox(self: Pin<&Self>) -> Pin<&Inbox> {
        // SAFETY: The field is pinned along with the struct.
        unsafe { self.map_unchecked(|s| &s.inbox) }
    }
}

/// All reserves that there are.
///
/// # Invariants
///
/// `first` leads through `next` to reserves that are pinned, and owned by this list.
#[derive(Default)]
pub(crate) struct List {
    first: Option<NonNull<Reserve>>,
}

// SAFETY: It owns what it leads to, and reserves may be used and dropped on any thread.
unsafe impl Send for List {}

impl List {
    /// All of them.
    pub(crate) fn inboxes(&self) -> impl Iterator<Item = Pin<&Inbox>> {
        // SAFETY: By the type invariant these are valid, pinned, and stay while the list is
        // borrowed; `next` is the list's.
        let next = |reserve: &Pin<&Reserve>| unsafe {
            (*reserve.next.get()).map(|next| Pin::new_unchecked(next.as_ref()))
        };
        // SAFETY: As above.
        let first = self
            .first
            .map(|first| unsafe { Pin::new_unchecked(first.as_ref()) });
        core::iter::successors(first, next).map(|reserve| reserve.inbox())
    }

    fn add(&mut self, reserve: Pin<KBox<Reserve>>) -> NonNull<Reserve> {
        // SAFETY: The reserve isn't moved out of the box.
        let reserve = KBox::into_raw(unsafe { Pin::into_inner_unchecked(reserve) });
        // SAFETY: It comes from a box, so it is valid, and `next` is the list's.
        unsafe { *(*reserve).next.get() = self.first };
        // SAFETY: As above.
        let reserve = unsafe { NonNull::new_unchecked(reserve) };
        // INVARIANT: The new one leads to what was there.
        self.first = Some(reserve);
        reserve
    }

    /// Takes one out. Without it on the list, nothing happens.
    fn remove(&mut self, reserve: NonNull<Reserve>) -> Option<Pin<KBox<Reserve>>> {
        let mut link: *mut Option<NonNull<Reserve>> = &raw mut self.first;
        loop {
            // SAFETY: Either the list's first link or, by the type invariant, that of a valid
            // reserve on it; nobody else uses them.
            let at = unsafe { *link }?;
            // SAFETY: By the type invariant.
            let next = unsafe { (*at.as_ptr()).next.get() };
            if at == reserve {
                // SAFETY: As for `at`. INVARIANT: What is behind it follows what was before it.
                unsafe { *link = *next };
                // SAFETY: It came from a box in `add()` and has just left the list.
                return Some(KBox::into_pin(unsafe { KBox::from_raw(at.as_ptr()) }));
            }
            link = next;
        }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        while let Some(first) = self.first {
            pr_warn_once!("a reserve was never given back\n");
            drop(self.remove(first));
        }
    }
}

/// Where a caller keeps a reserve.
///
/// # Invariants
///
/// Null or a reserve on the engine's list. It leaves the list only after it has left the slot and
/// a grace period has passed since.
#[repr(transparent)]
pub(crate) struct Slot(Atomic<*mut Reserve>);

impl Slot {
    /// Sees to it that there is room for `nr` objects.
    ///
    /// # Errors
    ///
    /// `EINVAL` if no reserve may be that large, `ENOMEM`. What was there before stays as it was.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn provide(&self, engine: Handle, nr: usize, gfp: gfp_t) -> Result {
        if nr > MAX_OBJECTS {
            return Err(EINVAL);
        }
        // Held to the end, so that calls for one slot follow each other, whatever callers do.
        let mut list = engine.reserves().lock();
        // SAFETY: By the type invariant it is on the list, which is locked, or null.
        let now = unsafe { self.0.load(Acquire).as_ref() };
        let capacity = now.map_or(0, |now| now.inbox.fifo().capacity());
        if nr <= capacity {
            // SAFETY: Reserves on the list are pinned.
            if let Some(now) = now.map(|now| unsafe { Pin::new_unchecked(now) }) {
                if now.inbox.fifo().room() < nr {
                    now.inbox().flush();
                }
            }
            return Ok(());
        }
        let reserve = list.add(Reserve::new(engine, nr, gfp)?);
        // INVARIANT: On the list; what was there before leaves it in the way that it must.
        let old = self.0.xchg(reserve.as_ptr(), Full);
        retire(&mut list, old);
        Ok(())
    }

    /// Gives the reserve back, if there is one. What is in it will be freed.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn give_back(&self, engine: &Engine) {
        let mut list = engine.reserves().lock();
        let old = self.0.xchg(core::ptr::null_mut(), Full);
        retire(&mut list, old);
    }

    /// Puts an object into the reserve if that is all there is to do. `false` if not: it wasn't
    /// taken.
    ///
    /// # Safety
    ///
    /// `object` must be the caller's to give away, to be freed by `kvfree()`.
    ///
    /// # Context
    ///
    /// Any context.
    #[inline(always)]
    pub(crate) unsafe fn put_quickly(&self, object: Object) -> bool {
        let reader = NoPreempt::new();
        // SAFETY: The contract.
        self.inbox(&reader)
            .is_some_and(|inbox| unsafe { inbox.put_quickly(object, &reader) })
    }

    /// Puts an object into the reserve. `false` if there is no room or no reserve.
    ///
    /// # Safety
    ///
    /// As for [`Self::put_quickly()`].
    ///
    /// # Context
    ///
    /// Any context but NMI.
    pub(crate) unsafe fn put(&self, object: Object) -> bool {
        let reader = NoPreempt::new();
        // SAFETY: The contract.
        self.inbox(&reader)
            .is_some_and(|inbox| unsafe { inbox.put(object, &reader) })
    }

    #[inline(always)]
    fn inbox<'a>(&self, _reader: &'a NoPreempt) -> Option<Pin<&'a Inbox>> {
        // SAFETY: By the type invariant it is valid, and is until a grace period from now, for
        // which there is a reader to wait for.
        let reserve: &'a Reserve = unsafe { load_ptr_acquire(&self.0).as_ref() }?;
        // SAFETY: Reserves on the list are pinned.
        Some(unsafe { Pin::new_unchecked(reserve) }.inbox())
    }
}

/// Drops a reserve that has just left its slot, when nobody can be putting anything in any more
/// and all that was put in has been queued.
fn retire(list: &mut List, old: *mut Reserve) {
    let Some(old) = NonNull::new(old) else {
        return;
    };
    synchronize_rcu();
    // SAFETY: It is still on the list, which is locked, and pinned.
    unsafe { Pin::new_unchecked(old.as_ref()) }.inbox().flush();
    if let Some(old) = list.remove(old) {
        stats::RESERVED.add(old.inbox.fifo().total() as i64);
    }
}
