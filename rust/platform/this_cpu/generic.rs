// SPDX-License-Identifier: GPL-2.0

//! For any architecture: the kernel's own inline functions, through helpers.

use crate::bindings;

/// Nothing: this code can be preempted.
pub(super) struct Cpu;

impl Cpu {
    #[inline(always)]
    pub(super) fn this() -> Self {
        Self
    }

    #[inline(always)]
    pub(super) fn this_cpu_ptr(&self, base: *mut u8) -> *mut u8 {
        // SAFETY: Sound for whatever was allocated per CPU: it computes an address.
        unsafe { bindings::rcu_headless_helper_this_cpu_ptr(base.cast()) }.cast()
    }
}

#[inline(always)]
pub(super) fn may_block() -> Option<Cpu> {
    // SAFETY: It reads the state of this CPU and task, and has no requirement.
    unsafe { bindings::rcu_headless_helper_may_block() }.then_some(Cpu)
}

#[inline(always)]
pub(super) fn in_nmi() -> bool {
    // SAFETY: It reads the state of this CPU, and has no requirement.
    unsafe { bindings::rcu_headless_helper_in_nmi() }
}

/// # Safety
///
/// Preemption must be on: of no use here.
#[inline(always)]
pub(super) unsafe fn preempt_disable_first() {
    preempt_disable();
}

#[inline(always)]
pub(super) fn preempt_disable() {
    // SAFETY: It may be called anywhere; `preempt_enable()` undoes it.
    unsafe { bindings::rcu_headless_helper_preempt_disable() };
}

/// # Safety
///
/// Preemption must have been turned off by [`preempt_disable()`] once more than on again.
#[inline(always)]
pub(super) unsafe fn preempt_enable() {
    // SAFETY: It takes from the count what was added (contract).
    unsafe { bindings::rcu_headless_helper_preempt_enable() };
}
