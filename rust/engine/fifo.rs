// SPDX-License-Identifier: GPL-2.0

//! A queue of pointers with room for a fixed number: any code puts in, one piece of code takes out.
//!
//! Neither waits, allocates or turns interrupts off, so putting in works in every context, under
//! every lock, on PREEMPT_RT as well. One word says which number the next pointer gets and whether
//! the taker has been told that there is something to take: a pointer is numbered, and the taker's
//! being told is seen to, by one compare-and-exchange; then its place is filled.
//!
//! Whoever puts in is an RCU reader meanwhile: when the taker comes to a place that is numbered but
//! not filled, it is filled after a grace period.
//!
//! The order of numbers in place of a lock is that of D. Vyukov's bounded queue, for one taker.

use core::ptr::NonNull;

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
    check::address::channel_of,
    object::{
        Given,
        Object,
        Pointer, //
    },
    platform::{
        inline_atomic::{
            cmpxchg,
            load_acquire,
            store_release, //
        },
        this_cpu::NoPreempt, //
    }, //
};

/// Numbers count by this, so that the one of a place is where the place is.
const ONE: u64 = size_of::<Pointer>() as u64;
/// In the state, besides the number: the taker hasn't been told of anything. The upmost bit, so that
/// one comparison finds that as well as too much waiting.
const IDLE: u64 = 1 << 63;

/// What became of a pointer that was to be put in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// It is in.
    In,
    /// It is in, and the taker is to be told: nobody else has.
    First,
    /// It is in, and the taker is to hurry: it came to the mark.
    AtMark,
}

/// A bounded queue of pointers that are not null.
///
/// # Invariants
///
/// - `places` are valid places, a power of two of them, that only this value frees; `mask` has the
///   bits of where each begins.
/// - Numbers from `taken` to before the state's have been given and not been taken yet. They are at
///   most `room`, which is no more than there are places: a place that is numbered has been emptied
///   since it was numbered the last time.
/// - `mark` is at most `room`, and `quick` at most that much after `taken`.
/// - A pointer in a place is that of an [`Object`] which was given up to it.
pub(crate) struct Fifo {
    places: NonNull<Atomic<Pointer>>,
    /// What there can be of a number in where its place is.
    mask: u64,
    nr: usize,
    /// As differences of numbers: what may wait, and what of it when the taker is to hurry.
    room: u64,
    mark: u64,
    /// The next number, and whether the taker has been told.
    state: Atomic<u64>,
    /// Before this number there is room, and no need to tell the taker to hurry.
    quick: Atomic<u64>,
    /// The number that is the next to be taken. The taker's own.
    taken: Atomic<u64>,
}

// SAFETY: The objects may be freed on any thread, the places are plain memory.
unsafe impl Send for Fifo {}
// SAFETY: What changes after it was made is atomic.
unsafe impl Sync for Fifo {}

impl Fifo {
    /// Makes an empty queue with room for `nr` pointers, in memory that is allocated with `gfp`. The
    /// taker is to hurry when there are `mark` of them.
    ///
    /// # Context
    ///
    /// Process context; sleeps if `gfp` allows.
    pub(crate) fn new(nr: usize, mark: usize, gfp: gfp_t) -> Result<Self> {
        let places = nr.checked_next_power_of_two().ok_or(EINVAL)?;
        // Zeroed memory is null pointers. SAFETY: Sound as far as `gfp` suits the caller's context.
        let base = unsafe {
            bindings::rcu_headless_helper_kvcalloc(places, size_of::<Atomic<Pointer>>(), gfp)
        };
        // INVARIANT: As many places as were asked for, none numbered yet.
        Ok(Self {
            places: NonNull::new(base.cast()).ok_or(AllocError)?,
            mask: (places as u64 - 1) * ONE,
            nr,
            room: nr as u64 * ONE,
            mark: mark.min(nr) as u64 * ONE,
            state: Atomic::new(IDLE),
            quick: Atomic::new(mark.min(nr) as u64 * ONE),
            taken: Atomic::new(0),
        })
    }

    /// How many pointers it has room for when it is empty.
    pub(crate) fn capacity(&self) -> usize {
        self.nr
    }

    /// How many pointers it has room for now.
    pub(crate) fn room(&self) -> usize {
        self.nr - self.len()
    }

    /// How many pointers are in it.
    pub(crate) fn len(&self) -> usize {
        let taken = self.taken.load(Acquire);
        let len = (self.end().wrapping_sub(taken) / ONE) as usize;
        // More may have been put in since, in place of what was taken since.
        len.min(self.nr)
    }

    /// How many pointers have ever been put in.
    pub(crate) fn total(&self) -> u64 {
        self.end() / ONE
    }

    /// The number that comes next.
    fn end(&self) -> u64 {
        self.state.load(Relaxed) & !IDLE
    }

    #[inline(always)]
    fn place(&self, number: u64) -> &Atomic<Pointer> {
        // SAFETY: By the type invariants there is a place there.
        unsafe { self.places.byte_add((number & self.mask) as usize).as_ref() }
    }

    /// Puts an object in, if that is all there is to do. Otherwise it comes back.
    ///
    /// # Context
    ///
    /// Any context.
    #[inline(always)]
    pub(crate) fn put_quickly(&self, object: Object, _reader: &NoPreempt) -> Result<(), Object> {
        let number = load_acquire(&self.state);
        // Acquire: the place was emptied before this was said of it.
        if number >= load_acquire(&self.quick) {
            return Err(object);
        }
        // INVARIANT: One more is numbered, and no more than there is room for: what has been taken
        // meanwhile only makes it fewer.
        if !cmpxchg(&self.state, number, number + ONE) {
            return Err(object);
        }
        // Release: what the caller did to the object comes before whatever the taker does.
        store_release(self.place(number), object.into_raw());
        Ok(())
    }

    /// Puts an object in. If there is no room it comes back.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn put(&self, object: Object, _reader: &NoPreempt) -> Result<Put, Object> {
        let (state, number, waiting) = loop {
            let state = load_acquire(&self.state);
            let number = state & !IDLE;
            // Acquire: as in `put_quickly()`.
            let waiting = number.wrapping_sub(load_acquire(&self.taken));
            if waiting >= self.room {
                return Err(object);
            }
            if cmpxchg(&self.state, state, number + ONE) {
                break (state, number, waiting);
            }
        };
        store_release(self.place(number), object.into_raw());
        if state & IDLE != 0 {
            Ok(Put::First)
        } else if waiting == self.mark {
            Ok(Put::AtMark)
        } else {
            Ok(Put::In)
        }
    }

    /// Whether the taker has been told of what is in, and hasn't begun with it.
    pub(crate) fn is_armed(&self) -> bool {
        self.state.load(Acquire) & IDLE == 0
    }

    /// Begins to take: who puts in from now on tells the taker again. Returns the number to take up
    /// to, without it.
    pub(crate) fn disarm(&self) -> u64 {
        loop {
            let state = load_acquire(&self.state);
            let end = state & !IDLE;
            if cmpxchg(&self.state, state, end | IDLE) {
                return end;
            }
        }
    }

    /// Whether all up to `end` have been taken.
    ///
    /// # Context
    ///
    /// The taker's.
    pub(crate) fn has_come_to(&self, end: u64) -> bool {
        self.taken.load(Relaxed) == end
    }

    /// Takes the pointer out that was numbered first, unless there is none or it is just being put
    /// in.
    ///
    /// # Safety
    ///
    /// One caller at a time, and each after the other in the sense of the memory model.
    pub(crate) unsafe fn take(&self) -> Option<Object> {
        let number = self.taken.load(Relaxed);
        let place = self.place(number);
        let pointer = place.load(Acquire);
        if pointer.is_null() {
            return None;
        }
        place.store(core::ptr::null_mut(), Relaxed);
        let next = number + ONE;
        // INVARIANT: The place is empty. Release: that comes first.
        self.taken.store(next, Release);
        self.quick.store(next + self.mark, Release);
        // SAFETY: By the type invariant it is that of an object which was given up to its place, and
        // that is empty now; its address says which channel it belongs to.
        Some(unsafe { Given::new(pointer).accept(channel_of(pointer.addr())) })
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        // SAFETY: By the type invariants it is ours and comes from the kernel's allocator.
        unsafe { kvfree(self.places.as_ptr().cast()) };
    }
}
