// SPDX-License-Identifier: GPL-2.0

//! What is freed: a pointer, and the channel that says how.

use kernel::ffi::c_void;

/// What a page's pointers have in common: how they are freed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Objects of the slab allocator and of its page-sized relatives: anything for `kfree()`.
    Slab = 0,
    /// Objects of `vmalloc()`, which must be freed where sleeping is allowed.
    Vmalloc = 1,
}

impl Channel {
    /// How many channels there are.
    pub(crate) const COUNT: usize = 2;
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; Self::COUNT] = [Self::Slab, Self::Vmalloc];

    /// The one that this isn't.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Slab => Self::Vmalloc,
            Self::Vmalloc => Self::Slab,
        }
    }
}

/// A pointer to an object that waits to be freed.
pub(crate) type Object = *mut c_void;
