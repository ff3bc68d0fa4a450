// SPDX-License-Identifier: GPL-2.0

//! The open page of a channel, as one word: the place where the next pointer goes.
//!
//! Pages are aligned to their size, so the word's low bits are zero when the page is full, and they
//! are zero as well when there is no page: storing a pointer takes one test, one store and one
//! addition ([`crate::page::fast_path`]).

use core::ptr::NonNull;

use kernel::{
    cpu::CpuId,
    sync::atomic::Atomic, //
};

use crate::{
    bindings,
    object::{
        Channel,
        Object,
        Pointer, //
    },
    page::bulk_page::{
        pointers_before,
        seal,
        EmptyPage,
        SealedPage, //
    },
    platform::{
        inline_atomic::{
            load_relaxed,
            store_relaxed, //
        },
        kcsan::assert_only_writer,
        percpu::is_possible, //
    }, //
};

/// Where the next pointer of a channel goes.
///
/// One piece of code at a time may change it; any CPU may look ([`Cursor::pending()`]) meanwhile.
///
/// # Invariants
///
/// Null, or the place after the last pointer of an open page that this cursor owns and that has at
/// least one pointer, or is being given its first. All are those of objects of its channel.
#[repr(transparent)]
pub(crate) struct Cursor(Atomic<*mut Pointer>);

impl Cursor {
    /// The place after the last pointer, as seen from any CPU at any time.
    #[inline]
    pub(super) fn get(&self) -> *mut Pointer {
        load_relaxed(&self.0)
    }

    /// # Safety
    ///
    /// The caller must have the cursor to itself, and keep up its invariant.
    #[inline]
    pub(super) unsafe fn set(&self, at: *mut Pointer) {
        assert_only_writer(&self.0);
        store_relaxed(&self.0, at);
    }

    /// The pointers in the open page, if there is one.
    ///
    /// # Safety
    ///
    /// The caller must have the cursor to itself, and leave it alone while it looks at them.
    pub(crate) unsafe fn pointers<'a>(&self) -> &'a [Pointer] {
        let Some(end) = NonNull::new(self.get()) else {
            return &[];
        };
        let nr = pointers_before(end);
        // SAFETY: By the type invariant so many are before the place in an open page, which belongs
        // to the caller for now.
        unsafe { core::slice::from_raw_parts(end.sub(nr).as_ptr(), nr) }
    }

    /// Closes the open page, full or not, if there is one. `bytes` is about what its objects take.
    ///
    /// # Safety
    ///
    /// The caller must have the cursor to itself.
    pub(crate) unsafe fn seal(&self, bytes: usize) -> Option<SealedPage> {
        let end = NonNull::new(self.get())?;
        // SAFETY: The caller has the cursor to itself. INVARIANT: Null; `end` is ours now.
        unsafe { self.set(core::ptr::null_mut()) };
        // SAFETY: By the type invariant this is the end of the pointers in an open page, at least
        // one, those of objects of its channel. Nobody can reach it any more.
        Some(unsafe { seal(end, bytes) })
    }

    /// Opens `page` with its first pointer.
    ///
    /// # Safety
    ///
    /// The caller must have the cursor to itself, the cursor must have no page and be that of the
    /// object's channel.
    pub(crate) unsafe fn open(&self, page: EmptyPage, object: Object) {
        let first = page.open(object.channel());
        // SAFETY: The place is inside the page, which is the caller's to use. The caller has the
        // cursor to itself; a page has room for two pointers and more.
        // INVARIANT: The place after the one pointer in an open page.
        unsafe {
            first.write(object.into_raw());
            self.set(first.as_ptr().add(1));
        }
    }

    /// How many pointers the open page holds, as seen from any CPU at any time.
    pub(crate) fn pending(&self) -> usize {
        NonNull::new(self.get()).map_or(0, pointers_before)
    }

    /// Whether a page is open, as seen from any CPU at any time.
    pub(crate) fn is_open(&self) -> bool {
        !self.get().is_null()
    }
}

/// One CPU's cursors, one for each channel.
pub(crate) type Cursors = [Cursor; Channel::COUNT];

/// The cursor of a channel.
#[inline(always)]
pub(crate) fn cursor_of(cursors: &Cursors, channel: Channel) -> &Cursor {
    let [slab, vmalloc] = cursors;
    match channel {
        Channel::Slab => slab,
        Channel::Vmalloc => vmalloc,
    }
}

/// The cursors of a CPU, if there can be such a CPU.
///
/// They are the module's own static per-CPU data, so that the fast path finds them without a
/// pointer, and the same for as long as it is loaded.
pub(crate) fn cursors_of(cpu: CpuId) -> Option<&'static Cursors> {
    // SAFETY: The CPU is possible. The memory is zero at first, which are cursors without a page, and
    // lasts as long as the module does; a cursor has the layout of the pointer that C declares.
    is_possible(cpu.as_u32())
        .then(|| unsafe { &*bindings::rcu_headless_helper_cursors_of(cpu.as_u32()).cast() })
}
