// SPDX-License-Identifier: GPL-2.0

//! Has `rust/platform/inline_atomic.rs` use the kernel crate's atomics, as it does for KCSAN.

fn main() {
    println!("cargo:rustc-cfg=CONFIG_KCSAN");
    println!("cargo:rerun-if-changed=build.rs");
}
