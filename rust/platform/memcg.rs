// SPDX-License-Identifier: GPL-2.0

//! How much memory the task's control groups may use, and whether one is short of it.
//!
//! C header: [`include/linux/memcontrol.h`](srctree/include/linux/memcontrol.h)

use kernel::page::PAGE_SIZE;

use crate::bindings;

/// The least limit in bytes of the groups that the task is in: none, or more than there is memory,
/// where nothing is limited.
///
/// # Context
///
/// Process context.
pub(crate) fn limit() -> Option<usize> {
    least_limit(false)
}

/// The same, of those groups that have used more than half of theirs.
///
/// # Context
///
/// Process context.
pub(crate) fn short_limit() -> Option<usize> {
    least_limit(true)
}

fn least_limit(half_used: bool) -> Option<usize> {
    // SAFETY: It looks at the current task's groups under RCU.
    let pages: usize = unsafe { bindings::rcu_headless_helper_memcg_limit(half_used) };
    // The number that stands for none doesn't fit.
    pages.checked_mul(PAGE_SIZE)
}
