// SPDX-License-Identifier: GPL-2.0

//! Pages of pointers. loom doesn't see the pointers, but the word at the start.

use core::{
    mem::MaybeUninit,
    ptr::NonNull, //
};

use kernel::page::PAGE_SIZE;
use loom::cell::UnsafeCell;

use crate::{
    object::{
        Channel,
        Pointer, //
    },
    platform::rcu::Cookie, //
};

const ROOM: usize = PAGE_SIZE / size_of::<Pointer>() - 2;

#[repr(C, align(4096))]
pub(crate) struct BulkPage(UnsafeCell<u32>, [MaybeUninit<Pointer>; ROOM]);

pub(crate) struct EmptyPage(*mut BulkPage);

impl EmptyPage {
    pub(crate) fn new_reclaim(_node: i32) -> Option<Self> {
        let page = Self(Box::into_raw(Box::new(BulkPage(
            UnsafeCell::new(0),
            [MaybeUninit::uninit(); ROOM],
        ))));
        page.touch();
        Some(page)
    }

    /// Writes to it: a page that two have, or one that hasn't been handed over properly, is found.
    pub(crate) fn touch(&self) {
        // SAFETY: It is this value's, which is what loom finds out. Nothing frees it before the
        // end.
        unsafe { (*self.0).0.with_mut(|inside| *inside += 1) };
    }

    /// The place from which on there is room for so many pointers.
    pub(crate) fn open(self, _: Channel, room: usize) -> NonNull<Pointer> {
        let end = self.into_link().wrapping_add(1).cast::<Pointer>();
        NonNull::new(end.wrapping_sub(room)).unwrap()
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

pub(crate) struct SealedPage {
    pub(crate) pointers: Vec<Pointer>,
    pub(crate) cookie: Cookie,
}

pub(crate) unsafe fn seal(
    first: NonNull<Pointer>,
    end: NonNull<Pointer>,
    _bytes: usize,
    cookie: Cookie,
) -> SealedPage {
    let nr = (end.addr().get() - first.addr().get()) / size_of::<Pointer>();
    // SAFETY: So many are in the page, which nobody writes to any more (contract).
    let pointers = unsafe { core::slice::from_raw_parts(first.as_ptr(), nr) }.to_vec();
    SealedPage { pointers, cookie }
}
