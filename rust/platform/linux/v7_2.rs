// SPDX-License-Identifier: GPL-2.0

//! Linux 7.2: what is newer, made of what there is.

use kernel::{
    bindings,
    prelude::ThisModule,
    sync::{
        atomic::Full,
        barrier, //
    },
    ModuleMetadata, //
};

use pin_init::PinInit;

pub(crate) use kernel::bindings::rcu_gp_oldstate as rcu_gp_seq;

/// Orders loads against loads.
pub(crate) struct Read;

/// Orders stores against stores.
pub(crate) struct Write;

/// What a barrier between CPUs orders.
pub(crate) trait Barrier {
    fn run();
}

impl Barrier for Full {
    #[inline(always)]
    fn run() {
        barrier::smp_mb();
    }
}

impl Barrier for Read {
    #[inline(always)]
    fn run() {
        barrier::smp_rmb();
    }
}

impl Barrier for Write {
    #[inline(always)]
    fn run() {
        barrier::smp_wmb();
    }
}

/// A barrier between CPUs.
#[inline(always)]
pub(crate) fn smp_mb<B: Barrier>(_: B) {
    B::run();
}

/// Waits for all callbacks of `call_rcu()` that are queued.
///
/// # Context
///
/// Process context, sleeps.
pub(crate) fn rcu_barrier() {
    // SAFETY: Sound in process context.
    unsafe { bindings::rcu_barrier() };
}

/// Waits for a grace period.
///
/// # Context
///
/// Process context, sleeps.
pub(crate) fn synchronize_rcu() {
    // SAFETY: Sound in process context, outside RCU read-side critical sections.
    unsafe { bindings::synchronize_rcu() };
}

extern "C" {
    // Made by modpost: a `struct module`, for its address only.
    static __this_module: u8;
}

// SAFETY: It is this module's, and there for as long as any code of the module runs.
static THIS_MODULE: ThisModule =
    unsafe { ThisModule::from_ptr((&raw const __this_module).cast_mut().cast()) };

/// This module, whatever type it is of.
pub(crate) const fn this_module<M: ModuleMetadata>() -> &'static ThisModule {
    &THIS_MODULE
}

/// Initializes `slot`.
///
/// # Safety
///
/// `slot` is valid for writes and nobody else's. The value is never moved afterwards.
pub(crate) unsafe fn raw_init<T>(slot: *mut T, init: impl PinInit<T>) {
    // SAFETY: By the contract. The error type has no values.
    let Ok(()) = unsafe { init.__pinned_init(slot) };
}
