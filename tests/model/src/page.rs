// SPDX-License-Identifier: GPL-2.0

//! The files of `rust/page/` that are modelled.

pub(crate) mod bulk_page;

#[path = "../../../rust/page/cursor.rs"]
pub(crate) mod cursor;

#[path = "../../../rust/page/fast_path.rs"]
pub(crate) mod fast_path;

#[path = "../../../rust/page/lane.rs"]
pub(crate) mod lane;

#[path = "../../../rust/page/spares.rs"]
pub(crate) mod spares;

pub(crate) mod sizes {
    pub(crate) fn vmalloc_may_be_large(_: usize) -> bool {
        false
    }
}
