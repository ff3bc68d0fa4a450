// SPDX-License-Identifier: GPL-2.0

//! Whether the task's control group is short of memory.
//!
//! C header: [`include/linux/memcontrol.h`](srctree/include/linux/memcontrol.h)

use kernel::page::PAGE_SIZE;

use crate::bindings;

/// The least limit in bytes of the groups that the task is in and that have used more than half of
/// theirs, if there is one.
///
/// # Context
///
/// Process context.
pub(crate) fn short_limit() -> Option<usize> {
    // SAFETY: It looks at the current task's groups under RCU.
    let pages: usize = unsafe { bindings::rcu_headless_helper_memcg_short_limit() };
    // The number that stands for none doesn't fit.
    pages.checked_mul(PAGE_SIZE)
}
