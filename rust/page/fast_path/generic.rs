// SPDX-License-Identifier: GPL-2.0

//! For any architecture: this CPU's cursors are found as the kernel finds per-CPU data.

use crate::{
    object::{
        Channel,
        Pointer, //
    },
    page::cursor::{
        cursor_of,
        Cursor,
        Cursors, //
    },
    platform::this_cpu::OnThisCpu, //
};

extern "C" {
    // Per-CPU data, for its address only.
    static rcu_headless_cursors: Cursors;
}

/// The cursors of the CPU that this code runs on and stays on.
pub(super) struct Here<'a>(&'a Cursors);

impl<'a> Here<'a> {
    #[inline(always)]
    pub(super) fn of<P>(cpu: &'a OnThisCpu<P>) -> Self {
        let cursors = cpu.this_cpu_ptr((&raw const rcu_headless_cursors).cast_mut());
        // SAFETY: Zero at first, which are cursors without a page, there as long as the module is
        // loaded, and only ever borrowed shared.
        Self(unsafe { &*cursors })
    }

    #[inline(always)]
    fn cursor(&self, channel: Channel) -> &Cursor {
        cursor_of(self.0, channel)
    }

    /// Where the next pointer of a channel goes.
    #[inline(always)]
    pub(super) fn load(&self, channel: Channel) -> *mut Pointer {
        self.cursor(channel).get()
    }

    /// Moves the channel's cursor one place on from `at`.
    ///
    /// # Safety
    ///
    /// The pointer at `at` must have been stored, and `at` what `load()` has returned.
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
    /// That must be farther on in the same page or its end, and all up to there have been stored.
    #[inline(always)]
    pub(super) unsafe fn set(&self, channel: Channel, at: *mut Pointer) {
        // SAFETY: The code has the cursor to itself (invariant of [`OnThisCpu`]).
        unsafe { self.cursor(channel).set(at) };
    }
}
