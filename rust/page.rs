// SPDX-License-Identifier: GPL-2.0

//! Pages of pointers, and the fast path into them.

pub(crate) mod bulk_page;
mod cursor;
mod fast_path;
pub(crate) mod lane;
pub(crate) mod page_list;
pub(crate) mod sizes;
pub(crate) mod spares;
