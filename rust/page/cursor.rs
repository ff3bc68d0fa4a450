// SPDX-License-Identifier: GPL-2.0

//! The open page of a channel, as one word: the place where the next pointer goes.
//!
//! Pages are aligned to their size, so the word's low bits are zero when the page is full, and they
//! are zero as well when there is no page: storing a pointer takes one test, one store and one
//! addition ([`crate::page::fast_path`]). They are also zero at the end of each [`STRETCH`] of a
//! page: calls don't look at what they store, so somebody looks there.

use kernel::{
    page::PAGE_SIZE,
    sync::atomic::Atomic, //
};

use crate::{
    object::Pointer,
    platform::{
        inline_atomic::{
            load_ptr_acquire,
            load_relaxed,
            store_release, //
        },
        kcsan::assert_only_writer, //
    }, //
};

/// How many bytes of a page calls fill with pointers by themselves before somebody looks at an
/// object.
pub(crate) const STRETCH: usize = if PAGE_SIZE < 1024 { PAGE_SIZE } else { 1024 };

const _: () = assert!(PAGE_SIZE % STRETCH == 0);

/// Where the next pointer of a channel goes.
///
/// One piece of code at a time may change it; any CPU may look meanwhile.
///
/// # Invariants
///
/// Null, or the place after the last pointer of an open page that this cursor owns and that has at
/// least one pointer, or is being given its first. All are those of objects of its channel.
#[repr(transparent)]
pub(crate) struct Cursor(Atomic<*mut Pointer>);

impl Cursor {
    /// The place after the last pointer, as seen from any CPU at any time. What was done before a
    /// pointer was stored has happened for who finds the cursor behind it.
    #[inline]
    pub(super) fn get(&self) -> *mut Pointer {
        load_ptr_acquire(&self.0)
    }

    /// The same in no order, for who has the cursor to itself: what was done to it before came
    /// earlier in program order, or was ordered by how it was handed over.
    #[inline(always)]
    pub(super) fn get_relaxed(&self) -> *mut Pointer {
        load_relaxed(&self.0)
    }

    /// # Safety
    ///
    /// The caller must have the cursor to itself, and keep up its invariant.
    #[inline]
    pub(super) unsafe fn set(&self, at: *mut Pointer) {
        assert_only_writer(&self.0);
        // Release: for who looks from another CPU.
        store_release(&self.0, at);
    }
}
