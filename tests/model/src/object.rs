// SPDX-License-Identifier: GPL-2.0

//! The file of `rust/`.

#[path = "../../../rust/object.rs"]
mod real;

pub(crate) use real::*;
