// SPDX-License-Identifier: GPL-2.0

//! For any architecture: this CPU's lanes are found as the kernel finds per-CPU data.
//!
//! A call reads `units`, then the cursor, both in no order, and writes a pointer and the cursor,
//! the latter with release. On a machine that does accesses in any order this is enough:
//!
//! - `units` becomes other than zero on this CPU alone, by code that had the queue's lock
//!   ([`crate::page::lane::Lane::admit()`]). The lock has ordered what other CPUs did to the cursor
//!   before, and program order does the rest.
//! - Who revokes the lane makes `units` zero, and has a full barrier before its grace period
//!   begins. A call that still sees another number is a reader that this grace period waits for,
//!   and when it is over, all that the call has written is seen.
//! - Who takes a cookie without waiting reads the cursor with acquire, and has a full barrier
//!   before the cookie: what a caller did before it gave an object away comes before the grace
//!   period that the object waits for.

use kernel::sync::atomic::Atomic;

use crate::{
    object::{
        Channel,
        Pointer, //
    },
    page::{
        cursor::Cursor,
        lane::{
            of,
            Lanes, //
        }, //
    },
    platform::{
        inline_atomic::load_relaxed,
        this_cpu::OnThisCpu, //
    }, //
};

extern "C" {
    // Per-CPU data, for its address only.
    static rcu_headless_lanes: Lanes;
}

/// The lanes of the CPU that this code runs on and stays on.
pub(super) struct Here<'a>(&'a Lanes);

/// How many units of plain addresses calls store by themselves.
pub(super) struct Units<'a>(&'a Atomic<usize>);

impl Units<'_> {
    /// Whether `position` is one of them.
    #[inline(always)]
    pub(super) fn are_above(&self, position: usize) -> bool {
        position < self.load()
    }

    /// How many.
    #[inline(always)]
    pub(super) fn load(&self) -> usize {
        load_relaxed(self.0)
    }
}

impl<'a> Here<'a> {
    #[inline(always)]
    pub(super) fn of<P>(cpu: &'a OnThisCpu<P>) -> Self {
        let lanes = cpu.this_cpu_ptr((&raw const rcu_headless_lanes).cast_mut());
        // SAFETY: Zero at first, which are lanes without a page, there as long as the module is
        // loaded, and only ever borrowed shared.
        Self(unsafe { &*lanes })
    }

    /// Where the channel's plain range begins.
    #[inline(always)]
    pub(super) fn start(&self, channel: Channel) -> usize {
        load_relaxed(of(&self.0.starts, channel))
    }

    /// How far behind that an address is.
    #[inline(always)]
    pub(super) fn offset(&self, channel: Channel, address: usize) -> usize {
        address.wrapping_sub(self.start(channel))
    }

    /// How much of the channel's plain range calls store by themselves.
    #[inline(always)]
    pub(super) fn units(&self, channel: Channel) -> Units<'a> {
        Units(of(&self.0.units, channel))
    }

    #[inline(always)]
    fn cursor(&self, channel: Channel) -> &Cursor {
        of(&self.0.cursors, channel)
    }

    /// Where the next pointer of a channel goes.
    #[inline(always)]
    pub(super) fn load(&self, channel: Channel) -> *mut Pointer {
        self.cursor(channel).get_relaxed()
    }

    /// Moves the channel's cursor one place on from `at`.
    ///
    /// # Safety
    ///
    /// The pointer at `at` must have been stored, and `at` what `load()` has returned, in a lane
    /// that isn't revoked.
    #[inline(always)]
    pub(super) unsafe fn advance(&self, channel: Channel, at: *mut Pointer) {
        // SAFETY: There is a place at `at` (contract), so this is inside the page or its end.
        let next = unsafe { at.add(1) };
        // SAFETY: One place on from where a pointer was stored, in the same page or its end.
        unsafe { self.set(channel, next) };
    }

    /// Moves the channel's cursor to `at`.
    ///
    /// # Safety
    ///
    /// That must be farther on in the same page or its end, all up to there have been stored, and
    /// the lane not be revoked.
    #[inline(always)]
    pub(super) unsafe fn set(&self, channel: Channel, at: *mut Pointer) {
        // SAFETY: The code has the cursor to itself: preemption is off, and the lane isn't revoked.
        unsafe { self.cursor(channel).set(at) };
    }
}
