// SPDX-License-Identifier: GPL-2.0

//! What the kernel's crates have in one version and not in another, by the names of the newest.
//!
//! `Kbuild` chooses the file by the kernel's version. All else in `rust/` is the same for all.

#[cfg_attr(rcu_headless_linux = "7.2", path = "linux/v7_2.rs")]
#[cfg_attr(rcu_headless_linux = "7.3", path = "linux/v7_3.rs")]
mod version;

pub(crate) use version::*;
