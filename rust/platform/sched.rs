// SPDX-License-Identifier: GPL-2.0

//! Letting others run.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use crate::bindings;

/// Lets something else run that needs the CPU. For the flavour of RCU that waits for tasks to sleep
/// it is as if this one did.
///
/// # Context
///
/// Process context, may sleep.
pub(crate) fn cond_resched() {
    // SAFETY: It may be called wherever sleeping is allowed, which it looks at by itself.
    unsafe { bindings::rcu_headless_helper_cond_resched() };
}
