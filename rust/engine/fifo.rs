// SPDX-License-Identifier: GPL-2.0

//! A queue of pointers with room for a fixed number: any code puts in, one piece of code takes out.
//!
//! Neither waits, allocates or turns interrupts off, so putting in works in every context, under
//! every lock, on PREEMPT_RT as well. One word says which number the next pointer gets and whether
//! the taker has been told that there is something to take: a pointer is numbered, and the taker's
//! being told is seen to, by one compare-and-exchange; then its place is filled.
//!
//! A put is an RCU reader: when the taker comes to a place that is numbered but not filled, it is
//! filled after a grace period.
//!
//! A number counts as taken only after the taker has handed its object on. So all that was ever put
//! into a queue which is found empty has been handed on.
//!
//! # Interrupts and NMIs
//!
//! A put may interrupt anything here at any instruction, on the same CPU, and doesn't wait for what
//! it has interrupted. It reads `state`, `quick` and `taken`, changes `state`, and writes a place
//! that nobody else writes until the taker has found a pointer in it. What it has interrupted may
//! have gone as far as this:
//!
//! - A put or [`Fifo::disarm()`], before its compare-and-exchange: that fails, as the number has
//!   moved on, and is tried again. So a try fails only where another has succeeded: some code
//!   always gets on, and what interrupts isn't interrupted by what it has made fail.
//! - A put that has its number, but hasn't filled its place: the interrupting put gets the next
//!   number, another place, and doesn't look at the first one. The taker waits for both in order.
//! - [`Fifo::take_with()`], before `taken` has moved: the number still counts as waiting, so its
//!   place isn't given to another one. Between `taken` and `quick`: `quick` is lower than it could
//!   be, so [`Fifo::put_quickly()`] leaves it to [`Fifo::put()`], which doesn't look at `quick`.
//!
//! It takes 64-bit atomics that are instructions, as they are on all architectures with Rust.
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
const ONE: u64 = size_of::<Atomic<Pointer>>() as u64;
/// In the state, besides the number: the taker hasn't been told of anything. The upmost bit, so
/// that one comparison finds that as well as too much waiting.
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
/// - Numbers from `taken` to before the state's have been given, and their objects haven't been
///   handed on yet. They are at most `room`, which is no more than there are places: a place that
///   is numbered has been emptied since it was numbered the last time.
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
    /// The first number whose object hasn't been handed on. Only the taker changes it.
    taken: Atomic<u64>,
}

// SAFETY: The objects may be freed on any thread, the places are plain memory.
unsafe impl Send for Fifo {}
// SAFETY: What changes after it was made is atomic.
unsafe impl Sync for Fifo {}

impl Fifo {
    /// Makes an empty queue with room for `nr` pointers, in memory that is allocated with `gfp` on
    /// the memory node `node` if it has some. The taker is to hurry when there are `mark` of them.
    ///
    /// # Context
    ///
    /// Process context; sleeps if `gfp` allows.
    pub(crate) fn new(nr: usize, mark: usize, gfp: gfp_t, node: i32) -> Result<Self> {
        let places = nr.checked_next_power_of_two().ok_or(EINVAL)?;
        // Zeroed memory is null pointers. SAFETY: Sound as far as `gfp` suits the caller's context.
        let base = unsafe {
            let size = size_of::<Atomic<Pointer>>();
            bindings::rcu_headless_helper_kvcalloc_node(places, size, gfp, node)
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

    /// How many pointers are in it, with the one that the taker is handing on.
    pub(crate) fn len(&self) -> usize {
        // Acquire: the taker has seen the numbers that it took, so the end isn't before them.
        let taken = self.taken.load(Acquire);
        let len = (self.end().wrapping_sub(taken) / ONE) as usize;
        // More may have been put in since, in place of what was taken since.
        len.min(self.nr)
    }

    /// Whether the taker has handed on all that had been put in before the call, and is seen to
    /// have.
    pub(crate) fn is_empty(&self) -> bool {
        // What was put in before is numbered below the end. If the numbers taken before that come
        // up to it, it is among them: acquired with all that the taker has done with it.
        self.len() == 0
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
            // Acquire: as in `put_quickly()`. If others have put in since, and the taker has come
            // past the number, this is less than nothing. Then there is room, and the number is
            // stale.
            let waiting = number.wrapping_sub(load_acquire(&self.taken)) as i64;
            if waiting >= self.room as i64 {
                return Err(object);
            }
            if cmpxchg(&self.state, state, number + ONE) {
                break (state, number, waiting);
            }
        };
        store_release(self.place(number), object.into_raw());
        if state & IDLE != 0 {
            Ok(Put::First)
        } else if waiting == self.mark as i64 {
            Ok(Put::AtMark)
        } else {
            Ok(Put::In)
        }
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

    /// Takes the object out that was numbered first and hands it on by `f`, which may take its
    /// time. Returns `false` if there is none or it is just being put in.
    ///
    /// # Context
    ///
    /// That of `f`.
    ///
    /// # Safety
    ///
    /// One caller at a time, and each after the other in the sense of the memory model.
    pub(crate) unsafe fn take_with(&self, f: impl FnOnce(Object)) -> bool {
        let number = self.taken.load(Relaxed);
        let place = self.place(number);
        // Acquire: what the caller who put it in did to the object comes before `f`.
        let pointer = place.load(Acquire);
        if pointer.is_null() {
            return false;
        }
        // Emptied at once, so that the object isn't in two hands; numbered again only below.
        place.store(core::ptr::null_mut(), Relaxed);
        // SAFETY: By the type invariant it is that of an object which was given up to its place,
        // and that is empty now; its address says which channel it belongs to.
        f(unsafe { Given::new(pointer).accept(channel_of(pointer.addr())) });
        let next = number + ONE;
        // INVARIANT: The place is empty, and the object handed on. Release: both come first.
        self.taken.store(next, Release);
        self.quick.store(next + self.mark, Release);
        true
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        // SAFETY: By the type invariants it is ours and comes from the kernel's allocator.
        unsafe { kvfree(self.places.as_ptr().cast()) };
    }
}
