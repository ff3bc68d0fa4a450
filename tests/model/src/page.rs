// SPDX-License-Identifier: GPL-2.0

//! The files of `rust/page/` that are modelled.

pub(crate) mod bulk_page;

#[path = "../../../rust/page/spares.rs"]
pub(crate) mod spares;
