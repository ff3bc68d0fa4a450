// SPDX-License-Identifier: GPL-2.0

//! A queue of pointers with room for a fixed number: any code puts in, one piece of code takes out.
//!
//! Neither waits, allocates or turns anything off, so putting in works in every context, under
//! every lock, on PREEMPT_RT as well. A place is paid for first (`room`), then numbered (`tail`),
//! then filled; the taker stops at a place that is numbered and not yet filled, and comes again.
//!
//! The order of numbers in place of a lock is that of D. Vyukov's bounded queue, for one taker.

use core::{
    cell::UnsafeCell,
    ptr::NonNull, //
};

use kernel::{
    alloc::AllocError,
    bindings::{
        gfp_t,
        kvfree, //
    },
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    }, //
};

use crate::{
    bindings,
    bulk_page::Object, //
};

/// A bounded queue of pointers that are not null.
///
/// # Invariants
///
/// - `places` are `mask + 1` valid places, a power of two, that only this value frees.
/// - `tail - head + room` is at most `nr`, which is at most `mask + 1`: a place that is numbered has
///   been emptied since it had that number modulo `mask + 1` before.
pub(crate) struct Fifo {
    places: NonNull<Atomic<Object>>,
    mask: usize,
    nr: usize,
    room: Atomic<usize>,
    tail: Atomic<usize>,
    /// The taker's own.
    head: UnsafeCell<usize>,
}

// SAFETY: The objects may be freed on any thread, the places are plain memory.
unsafe impl Send for Fifo {}
// SAFETY: All is atomic but `head`, which is the one taker's (contract of `take()`).
unsafe impl Sync for Fifo {}

impl Fifo {
    /// Makes an empty queue with room for `nr` pointers, in memory that is allocated with `gfp`.
    ///
    /// # Context
    ///
    /// Process context; sleeps if `gfp` allows.
    pub(crate) fn new(nr: usize, gfp: gfp_t) -> Result<Self> {
        let places = nr.checked_next_power_of_two().ok_or(EINVAL)?;
        // Zeroed memory is null pointers. SAFETY: Sound as far as `gfp` suits the caller's context.
        let base = unsafe {
            bindings::rcu_headless_helper_kvcalloc(places, size_of::<Atomic<Object>>(), gfp)
        };
        // INVARIANT: As many places as were asked for, none numbered yet.
        Ok(Self {
            places: NonNull::new(base.cast()).ok_or(AllocError)?,
            mask: places - 1,
            nr,
            room: Atomic::new(nr + usize::from(mutant!("reserve_overrun"))),
            tail: Atomic::new(0),
            head: UnsafeCell::new(0),
        })
    }

    /// How many pointers it has room for when it is empty.
    pub(crate) fn capacity(&self) -> usize {
        self.nr
    }

    /// How many pointers it has room for now.
    pub(crate) fn room(&self) -> usize {
        self.room.load(Relaxed)
    }

    /// How many pointers are in it.
    pub(crate) fn len(&self) -> usize {
        self.nr - self.room()
    }

    fn place(&self, number: usize) -> &Atomic<Object> {
        // SAFETY: By the type invariants there are `mask + 1` places.
        unsafe { self.places.add(number & self.mask).as_ref() }
    }

    /// Puts a pointer in. `false` if there is no room.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn put(&self, object: Object) -> bool {
        let mut room = self.room.load(Relaxed);
        loop {
            if room == 0 {
                return false;
            }
            // Acquire: the place was emptied before the room was given back.
            match self.room.cmpxchg(room, room - 1, Acquire) {
                Ok(_) => break,
                Err(now) => room = now,
            }
        }
        // INVARIANT: One more numbered for one less of room.
        let number = self.tail.fetch_add(1, Relaxed);
        // Release: what the caller did to the object comes before whatever the taker does.
        self.place(number).store(object, Release);
        true
    }

    /// Takes the pointer out that was put in first, unless there is none or it is just being put
    /// in.
    ///
    /// # Safety
    ///
    /// One caller at a time, and each after the other in the sense of the memory model.
    pub(crate) unsafe fn take(&self) -> Option<Object> {
        // SAFETY: The caller is the only one to use `head` (contract).
        let head = unsafe { &mut *self.head.get() };
        let place = self.place(*head);
        let object = place.load(Acquire);
        if object.is_null() {
            return None;
        }
        place.store(core::ptr::null_mut(), Relaxed);
        *head = head.wrapping_add(1);
        // INVARIANT: The place is empty. Release: that comes first.
        self.room.fetch_add(1, Release);
        Some(object)
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        // SAFETY: By the type invariants it is ours and comes from the kernel's allocator.
        unsafe { kvfree(self.places.as_ptr().cast()) };
    }
}
