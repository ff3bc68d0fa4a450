// SPDX-License-Identifier: GPL-2.0

//! A lock that spins, on PREEMPT_RT too: for a few instructions in tasks.
//!
//! The kernel crate has spinlocks that sleep on PREEMPT_RT. This makes its [`Lock`] one of a
//! `raw_spinlock_t`. It doesn't turn interrupts off, so no interrupt may take it.
//!
//! C header: [`include/linux/spinlock.h`](srctree/include/linux/spinlock.h)

use kernel::{
    bindings::{
        lock_class_key,
        raw_spinlock_t, //
    },
    ffi::c_char,
    sync::lock::{
        Backend,
        Guard,
        Lock, //
    }, //
};

use crate::bindings;

/// A value that only who has the lock can get at. Preemption is off meanwhile.
pub(crate) type RawLock<T> = Lock<T, RawBackend>;

/// The right to use the value.
pub(crate) type RawGuard<'a, T> = Guard<'a, T, RawBackend>;

/// A `raw_spinlock_t` that is taken with interrupts on.
pub(crate) struct RawBackend;

// SAFETY: A `raw_spinlock_t` excludes all others from `lock()` to `unlock()`; `relock()` is the
// trait's own, which locks in the same way.
unsafe impl Backend for RawBackend {
    type State = raw_spinlock_t;
    type GuardState = ();

    unsafe fn init(lock: *mut raw_spinlock_t, name: *const c_char, key: *mut lock_class_key) {
        // SAFETY: The lock may be written to, name and key stay (contract).
        unsafe { bindings::rcu_headless_helper_raw_spin_lock_init(lock, name, key) };
    }

    #[inline]
    unsafe fn lock(lock: *mut raw_spinlock_t) {
        // SAFETY: The lock is initialised (contract).
        unsafe { bindings::rcu_headless_helper_raw_spin_lock(lock) };
    }

    #[inline]
    unsafe fn try_lock(lock: *mut raw_spinlock_t) -> Option<()> {
        // SAFETY: The lock is initialised (contract).
        unsafe { bindings::rcu_headless_helper_raw_spin_trylock(lock) }.then_some(())
    }

    #[inline]
    unsafe fn unlock(lock: *mut raw_spinlock_t, (): &()) {
        // SAFETY: The caller has the lock (contract).
        unsafe { bindings::rcu_headless_helper_raw_spin_unlock(lock) };
    }

    unsafe fn assert_is_held(lock: *mut raw_spinlock_t) {
        // SAFETY: The lock is initialised (contract).
        unsafe { bindings::rcu_headless_helper_lockdep_assert_held(lock) };
    }
}
