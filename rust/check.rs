// SPDX-License-Identifier: GPL-2.0

//! May this call do what it asks: what an address can be, and what callers get wrong.

pub(crate) mod address;
pub(crate) mod double_free;
pub(crate) mod misuse;
pub(crate) mod plain;
