// SPDX-License-Identifier: GPL-2.0

//! The kernel's barriers as fences.
//!
//! `smp_wmb()` orders stores and `smp_rmb()` loads; the nearest fences of C11 also order loads
//! before the one and stores behind the other. So code that needs more than the barrier that it has
//! isn't always found.

use loom::sync::atomic::{
    fence,
    Ordering, //
};

pub struct Read;
pub struct Write;

pub trait Barrier {
    const FENCE: Ordering;
}

impl Barrier for Read {
    const FENCE: Ordering = Ordering::Acquire;
}

impl Barrier for Write {
    const FENCE: Ordering = Ordering::Release;
}

impl Barrier for super::atomic::Full {
    const FENCE: Ordering = Ordering::SeqCst;
}

pub fn smp_mb<B: Barrier>(_: B) {
    fence(B::FENCE);
}
