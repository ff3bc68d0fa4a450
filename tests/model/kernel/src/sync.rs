// SPDX-License-Identifier: GPL-2.0

//! Atomics, barriers and RCU.

use core::pin::Pin;

pub mod atomic;
pub mod barrier;
pub mod rcu;

pub struct LockClassKey;

impl LockClassKey {
    pub fn as_ptr(self: Pin<&Self>) -> *const Self {
        &raw const *self
    }
}
