// SPDX-License-Identifier: GPL-2.0

//! A page that is empty: what it has inside is only there to be owned.

use loom::cell::UnsafeCell;

pub(crate) struct BulkPage(UnsafeCell<u32>);

pub(crate) struct EmptyPage(*mut BulkPage);

impl EmptyPage {
    pub(crate) fn new_reclaim(_node: i32) -> Option<Self> {
        let page = Self(Box::into_raw(Box::new(BulkPage(UnsafeCell::new(0)))));
        page.touch();
        Some(page)
    }

    /// Writes to it: a page that two have, or one that hasn't been handed over properly, is found.
    pub(crate) fn touch(&self) {
        // SAFETY: It is this value's, which is what loom finds out. Nothing frees it before the end.
        unsafe { (*self.0).0.with_mut(|inside| *inside += 1) };
    }

    pub(crate) fn into_link(self) -> *mut BulkPage {
        let link = self.0;
        core::mem::forget(self);
        link
    }

    pub(crate) unsafe fn from_link(link: *mut BulkPage) -> Option<Self> {
        (!link.is_null()).then(|| Self(link))
    }
}

impl Drop for EmptyPage {
    fn drop(&mut self) {
        self.touch();
        // SAFETY: As above.
        drop(unsafe { Box::from_raw(self.0) });
    }
}
