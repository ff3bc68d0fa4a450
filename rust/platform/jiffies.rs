// SPDX-License-Identifier: GPL-2.0

//! The clock that timers go by.
//!
//! C header: [`include/linux/jiffies.h`](srctree/include/linux/jiffies.h)

use kernel::bindings;

pub(crate) use kernel::time::Jiffies;

/// What the clock says.
pub(crate) fn now() -> Jiffies {
    // SAFETY: A word that the timer interrupt counts up; volatile, as it does so at any time.
    unsafe { (&raw const bindings::jiffies).read_volatile() }
}

/// What the clock will say in `delay` jiffies.
pub(crate) fn after(delay: Jiffies) -> Jiffies {
    now().wrapping_add(delay)
}

/// Whether the clock says `a` before it says `b`, of two times less than half its range apart.
pub(crate) fn is_before(a: Jiffies, b: Jiffies) -> bool {
    a.wrapping_sub(b) > Jiffies::MAX / 2
}

/// How long it is until the clock says `then`; 0 if it has said so already.
pub(crate) fn until(then: Jiffies) -> Jiffies {
    let now = now();
    if is_before(then, now) {
        0
    } else {
        then.wrapping_sub(now)
    }
}
