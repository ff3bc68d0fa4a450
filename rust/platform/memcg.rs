// SPDX-License-Identifier: GPL-2.0

//! How much memory the task's control group leaves it.
//!
//! C header: [`include/linux/memcontrol.h`](srctree/include/linux/memcontrol.h)

use kernel::page::PAGE_SIZE;

use crate::bindings;

/// What a task may still charge, and the least of the limits that it is under.
pub(crate) struct Room {
    /// In bytes.
    pub(crate) left: usize,
    /// In bytes.
    pub(crate) limit: usize,
}

/// Looks at the control groups of the task that runs here.
///
/// # Context
///
/// Process context.
pub(crate) fn room() -> Room {
    let mut limit = 0;
    // SAFETY: It writes to the place that it is given, and looks at the current task's groups under RCU.
    let left = unsafe { bindings::rcu_headless_helper_memcg_margin(&mut limit) };
    let bytes = |pages: usize| pages.saturating_mul(PAGE_SIZE);
    Room {
        left: bytes(left),
        limit: bytes(limit),
    }
}
