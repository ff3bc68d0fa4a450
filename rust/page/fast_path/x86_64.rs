// SPDX-License-Identifier: GPL-2.0

//! For x86_64: this CPU's cursors are at an address relative to `%gs`.

use core::marker::PhantomData;

use kernel::asm;

use crate::{
    object::{
        Channel,
        Pointer, //
    },
    page::cursor::{
        Cursor,
        Cursors, //
    },
    platform::this_cpu::OnThisCpu, //
};

extern "C" {
    // Per-CPU data, for its address relative to `%gs` only.
    static rcu_headless_cursors: Cursors;
}

/// The cursors of the CPU that this code runs on and stays on.
pub(super) struct Here<'a>(PhantomData<&'a ()>);

impl<'a> Here<'a> {
    #[inline(always)]
    pub(super) fn of<P>(_: &'a OnThisCpu<P>) -> Self {
        Self(PhantomData)
    }

    /// Where the next pointer of a channel goes.
    #[inline(always)]
    pub(super) fn load(&self, channel: Channel) -> *mut Pointer {
        match channel {
            Channel::Slab => load::<0>(),
            Channel::Vmalloc => load::<{ size_of::<Cursor>() }>(),
        }
    }

    /// Moves the channel's cursor one place on from `at`.
    ///
    /// # Safety
    ///
    /// The pointer at `at` must have been stored, and `at` what `load()` has returned.
    #[inline(always)]
    pub(super) unsafe fn advance(&self, channel: Channel, _at: *mut Pointer) {
        match channel {
            // SAFETY: The place was filled, and this value has the cursors to itself.
            Channel::Slab => unsafe { advance::<0>() },
            // SAFETY: The place was filled, and this value has the cursors to itself.
            Channel::Vmalloc => unsafe { advance::<{ size_of::<Cursor>() }>() },
        }
    }

    /// Moves the channel's cursor to `at`.
    ///
    /// # Safety
    ///
    /// That must be farther on in the same page or its end, and all up to there have been stored.
    #[inline(always)]
    pub(super) unsafe fn set(&self, channel: Channel, at: *mut Pointer) {
        match channel {
            // SAFETY: All up to `at` was filled, and this value has the cursors to itself.
            Channel::Slab => unsafe { set::<0>(at) },
            // SAFETY: All up to `at` was filled, and this value has the cursors to itself.
            Channel::Vmalloc => unsafe { set::<{ size_of::<Cursor>() }>(at) },
        }
    }
}

/// Reads the cursor that is `OFFSET` bytes behind the first.
#[inline(always)]
fn load<const OFFSET: usize>() -> *mut Pointer {
    let at: *mut Pointer;
    // SAFETY: It reads a word of this CPU's per-CPU data.
    unsafe {
        asm!(
            "movq %gs:{cursors}+{offset}(%rip), {at}";
            cursors = sym rcu_headless_cursors,
            offset = const OFFSET,
            at = out(reg) at,
            options(nostack, readonly, preserves_flags),
        )
    };
    at
}

/// Moves the cursor that is `OFFSET` bytes behind the first to `at`.
///
/// # Safety
///
/// All places up to there must have been filled, and the code have the cursor to itself.
#[inline(always)]
unsafe fn set<const OFFSET: usize>(at: *mut Pointer) {
    // SAFETY: It stays inside the page or comes to its end (contract). The stores of the pointers
    // come first, as this may access any memory for all that the compiler knows.
    unsafe {
        asm!(
            "movq {at}, %gs:{cursors}+{offset}(%rip)";
            at = in(reg) at,
            cursors = sym rcu_headless_cursors,
            offset = const OFFSET,
            options(nostack, preserves_flags),
        )
    };
}

/// Moves the cursor that is `OFFSET` bytes behind the first one place on.
///
/// # Safety
///
/// It must be at a place that has just been filled, and the code have it to itself.
#[inline(always)]
unsafe fn advance<const OFFSET: usize>() {
    // SAFETY: It stays inside the page or comes to its end (contract). The store of the pointer
    // comes first, as this may access any memory for all that the compiler knows.
    unsafe {
        asm!(
            "addq ${size}, %gs:{cursors}+{offset}(%rip)";
            size = const size_of::<Pointer>(),
            cursors = sym rcu_headless_cursors,
            offset = const OFFSET,
            options(nostack),
        )
    };
}
