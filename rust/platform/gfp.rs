// SPDX-License-Identifier: GPL-2.0

//! How a caller wants memory to be allocated.

use kernel::{
    alloc::Flags,
    bindings::gfp_t, //
};

/// What the kernel crate takes for the flags that a caller in C has given.
///
/// It has constants, but makes none of a number.
pub(crate) fn flags(gfp: gfp_t) -> Flags {
    // SAFETY: `Flags` is a struct of one `gfp_t`, of which any number is one.
    unsafe { core::mem::transmute::<gfp_t, Flags>(gfp) }
}
