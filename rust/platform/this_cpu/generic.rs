// SPDX-License-Identifier: GPL-2.0

//! For any architecture: the kernel's own inline functions, through helpers.

use crate::{
    bindings,
    object::{
        Channel,
        Object, //
    },
    page::cursor::Cursor,
    platform::this_cpu::Cursors, //
};

/// Nothing: this code can be preempted.
pub(super) struct Cpu;

impl Cpu {
    #[inline(always)]
    pub(super) fn this() -> Self {
        Self
    }
}

#[inline(always)]
pub(super) fn may_block() -> Option<Cpu> {
    // SAFETY: Always sound to call.
    unsafe { bindings::rcu_headless_helper_may_block() }.then_some(Cpu)
}

#[inline(always)]
pub(super) fn in_nmi() -> bool {
    // SAFETY: Always sound to call.
    unsafe { bindings::rcu_headless_helper_in_nmi() }
}

#[inline(always)]
pub(super) fn this_cpu_ptr(base: *mut u8) -> *mut u8 {
    // SAFETY: Sound for whatever was allocated per CPU: it computes an address.
    unsafe { bindings::rcu_headless_helper_this_cpu_ptr(base.cast()) }.cast()
}

#[inline(always)]
pub(super) fn preempt_disable() {
    // SAFETY: Always sound to call.
    unsafe { bindings::rcu_headless_helper_preempt_disable() };
}

/// # Safety
///
/// Preemption must have been turned off by [`preempt_disable()`] once more than on again.
#[inline(always)]
pub(super) unsafe fn preempt_enable() {
    // SAFETY: The contract.
    unsafe { bindings::rcu_headless_helper_preempt_enable() };
}

/// The cursors of the CPU that this code runs on and stays on.
pub(super) struct Here(&'static Cursors);

impl Here {
    /// # Safety
    ///
    /// The code must be a task's and preemption off, as long as the value is used.
    #[inline(always)]
    pub(super) unsafe fn new(_: Cpu) -> Self {
        // SAFETY: As in `cursors_of()`.
        Self(unsafe { &*bindings::rcu_headless_helper_this_cpu_cursors().cast() })
    }

    #[inline(always)]
    fn cursor(&self, channel: Channel) -> &Cursor {
        let [slab, vmalloc] = self.0;
        match channel {
            Channel::Slab => slab,
            Channel::Vmalloc => vmalloc,
        }
    }

    /// Where the next pointer of a channel goes.
    #[inline(always)]
    pub(super) fn load(&self, channel: Channel) -> *mut Object {
        self.cursor(channel).get()
    }

    /// Moves the channel's cursor one place on from `at`.
    ///
    /// # Safety
    ///
    /// The pointer at `at` must have been stored, and `at` what `load()` has returned.
    #[inline(always)]
    pub(super) unsafe fn advance(&self, channel: Channel, at: *mut Object) {
        // SAFETY: There is a place at `at` (contract), so this is inside the page or its end.
        let next = unsafe { at.add(1) };
        // SAFETY: The contract.
        unsafe { self.set(channel, next) };
    }

    /// Moves the channel's cursor to `at`.
    ///
    /// # Safety
    ///
    /// That must be farther on in the same page or its end, and all up to there have been stored.
    #[inline(always)]
    pub(super) unsafe fn set(&self, channel: Channel, at: *mut Object) {
        // SAFETY: The code has the cursor to itself (contract of `new()`).
        unsafe { self.cursor(channel).set(at) };
    }
}
