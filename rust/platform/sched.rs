// SPDX-License-Identifier: GPL-2.0

//! Letting others run.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use crate::bindings;

/// Lets something else run that needs the CPU.
///
/// # Context
///
/// Process context, may sleep.
pub(crate) fn cond_resched() {
    // SAFETY: Sound wherever sleeping is allowed.
    unsafe { bindings::rcu_headless_helper_cond_resched() };
}
