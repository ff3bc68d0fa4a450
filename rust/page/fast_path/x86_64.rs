// SPDX-License-Identifier: GPL-2.0

//! For x86_64: this CPU's lanes are at an address relative to `%gs`.

use core::{
    marker::PhantomData,
    mem::offset_of, //
};

use kernel::asm;

use crate::{
    object::{
        Channel,
        Pointer, //
    },
    page::lane::Lanes,
    platform::this_cpu::OnThisCpu, //
};

extern "C" {
    // Per-CPU data, for its address relative to `%gs` only.
    static rcu_headless_lanes: Lanes;
}

/// Where in the lanes the words of a channel are.
const fn cursor_at(channel: Channel) -> usize {
    offset_of!(Lanes, cursors) + channel as usize * size_of::<usize>()
}

const fn start_at(channel: Channel) -> usize {
    offset_of!(Lanes, starts) + channel as usize * size_of::<usize>()
}

const fn units_at(channel: Channel) -> usize {
    offset_of!(Lanes, units) + channel as usize * size_of::<usize>()
}

const SLAB_CURSOR: usize = cursor_at(Channel::Slab);
const VMALLOC_CURSOR: usize = cursor_at(Channel::Vmalloc);
const SLAB_START: usize = start_at(Channel::Slab);
const VMALLOC_START: usize = start_at(Channel::Vmalloc);
const SLAB_UNITS: usize = units_at(Channel::Slab);
const VMALLOC_UNITS: usize = units_at(Channel::Vmalloc);

/// The lanes of the CPU that this code runs on and stays on.
pub(super) struct Here<'a>(PhantomData<&'a ()>);

/// How many units of plain addresses calls store by themselves.
pub(super) struct Units<'a>(Channel, PhantomData<&'a ()>);

impl Units<'_> {
    /// Whether `position` is one of them.
    #[inline(always)]
    pub(super) fn are_above(&self, position: usize) -> bool {
        match self.0 {
            Channel::Slab => is_above::<SLAB_UNITS>(position),
            Channel::Vmalloc => is_above::<VMALLOC_UNITS>(position),
        }
    }

    /// How many.
    #[inline(always)]
    pub(super) fn load(&self) -> usize {
        match self.0 {
            Channel::Slab => load::<SLAB_UNITS>(),
            Channel::Vmalloc => load::<VMALLOC_UNITS>(),
        }
        .addr()
    }
}

impl<'a> Here<'a> {
    #[inline(always)]
    pub(super) fn of<P>(_: &'a OnThisCpu<P>) -> Self {
        Self(PhantomData)
    }

    /// Where the channel's plain range begins.
    #[inline(always)]
    pub(super) fn start(&self, channel: Channel) -> usize {
        match channel {
            Channel::Slab => load::<SLAB_START>(),
            Channel::Vmalloc => load::<VMALLOC_START>(),
        }
        .addr()
    }

    /// How far behind that an address is.
    #[inline(always)]
    pub(super) fn offset(&self, channel: Channel, address: usize) -> usize {
        match channel {
            Channel::Slab => less::<SLAB_START>(address),
            Channel::Vmalloc => less::<VMALLOC_START>(address),
        }
    }

    /// How much of the channel's plain range calls store by themselves.
    #[inline(always)]
    pub(super) fn units(&self, channel: Channel) -> Units<'a> {
        Units(channel, PhantomData)
    }

    /// Where the next pointer of a channel goes.
    #[inline(always)]
    pub(super) fn load(&self, channel: Channel) -> *mut Pointer {
        match channel {
            Channel::Slab => load::<SLAB_CURSOR>(),
            Channel::Vmalloc => load::<VMALLOC_CURSOR>(),
        }
    }

    /// Moves the channel's cursor one place on from `at`.
    ///
    /// # Safety
    ///
    /// The pointer at `at` must have been stored, and `at` what `load()` has returned, in a lane
    /// that isn't revoked.
    #[inline(always)]
    pub(super) unsafe fn advance(&self, channel: Channel, _at: *mut Pointer) {
        match channel {
            // SAFETY: The place was filled, and this value has the cursors to itself: the lane
            // isn't revoked.
            Channel::Slab => unsafe { advance::<SLAB_CURSOR>() },
            // SAFETY: The place was filled, and this value has the cursors to itself: the lane
            // isn't revoked.
            Channel::Vmalloc => unsafe { advance::<VMALLOC_CURSOR>() },
        }
    }

    /// Moves the channel's cursor to `at`.
    ///
    /// # Safety
    ///
    /// That must be farther on in the same page or its end, all up to there have been stored, and
    /// the lane not be revoked.
    #[inline(always)]
    pub(super) unsafe fn set(&self, channel: Channel, at: *mut Pointer) {
        match channel {
            // SAFETY: All up to `at` was filled, and this value has the cursors to itself: the lane
            // isn't revoked.
            Channel::Slab => unsafe { set::<SLAB_CURSOR>(at) },
            // SAFETY: All up to `at` was filled, and this value has the cursors to itself: the lane
            // isn't revoked.
            Channel::Vmalloc => unsafe { set::<VMALLOC_CURSOR>(at) },
        }
    }
}

/// Whether `position` is below the number that is at `OFFSET`.
#[inline(always)]
fn is_above<const OFFSET: usize>(position: usize) -> bool {
    // SAFETY: It reads a word of this CPU's per-CPU data. As memory is not declared untouched, no
    // access moves across.
    unsafe {
        asm!(
            "cmpq %gs:{lanes}+{offset}(%rip), {position}; jae {no}";
            lanes = sym rcu_headless_lanes,
            offset = const OFFSET,
            position = in(reg) position,
            no = label { return false },
            options(nostack),
        )
    };
    true
}

/// Takes the word at `OFFSET` from `address`.
#[inline(always)]
fn less<const OFFSET: usize>(mut address: usize) -> usize {
    // SAFETY: It reads a word of this CPU's per-CPU data.
    unsafe {
        asm!(
            "subq %gs:{lanes}+{offset}(%rip), {address}";
            lanes = sym rcu_headless_lanes,
            offset = const OFFSET,
            address = inout(reg) address,
            options(nostack, readonly),
        )
    };
    address
}

/// Reads the word at `OFFSET`.
#[inline(always)]
fn load<const OFFSET: usize>() -> *mut Pointer {
    let at: *mut Pointer;
    // SAFETY: It reads a word of this CPU's per-CPU data.
    unsafe {
        asm!(
            "movq %gs:{lanes}+{offset}(%rip), {at}";
            lanes = sym rcu_headless_lanes,
            offset = const OFFSET,
            at = out(reg) at,
            options(nostack, readonly, preserves_flags),
        )
    };
    at
}

/// Moves the cursor at `OFFSET` to `at`.
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
            "movq {at}, %gs:{lanes}+{offset}(%rip)";
            at = in(reg) at,
            lanes = sym rcu_headless_lanes,
            offset = const OFFSET,
            options(nostack, preserves_flags),
        )
    };
}

/// Moves the cursor at `OFFSET` one place on.
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
            "addq ${size}, %gs:{lanes}+{offset}(%rip)";
            size = const size_of::<Pointer>(),
            lanes = sym rcu_headless_lanes,
            offset = const OFFSET,
            options(nostack),
        )
    };
}
