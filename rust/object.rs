// SPDX-License-Identifier: GPL-2.0

//! What is freed: an address that a caller has given away, and the object that it turns out to be.

use core::ptr::NonNull;

use kernel::ffi::c_void;

/// How an object goes back to its allocator; each has pages of its own.
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
}

/// Where `kmalloc()` says that an object of no bytes is. `kfree()` ignores it, and NULL, and all
/// between them.
pub(crate) const ZERO_SIZE: usize = 16;

/// The address of an object: what pages and inboxes hold.
pub(crate) type Pointer = *mut c_void;

/// What a caller has given away to be freed: perhaps an object, perhaps something else by mistake.
///
/// # Invariants
///
/// It is the address of an object that `kvfree()` takes, is this value's to free, and can't be
/// found by a reader who starts from now on; unless [`crate::check`] finds that it can't be an
/// object's.
#[repr(transparent)]
pub(crate) struct Given(Pointer);

impl Given {
    /// Takes what a caller gives away.
    ///
    /// # Safety
    ///
    /// `ptr`, unless it will be found to be no object's address, must be that of an object for
    /// `kvfree()` which is the caller's to free, and which no reader can find who starts from now
    /// on. The caller must not use it any more, unless it gets it back.
    #[inline(always)]
    pub(crate) const unsafe fn new(ptr: *const c_void) -> Self {
        // INVARIANT: The contract is the same in other words.
        Self(ptr.cast_mut())
    }

    /// The address.
    #[inline(always)]
    pub(crate) fn addr(&self) -> usize {
        self.0.addr()
    }

    /// Whether it is one of the pointers that `kfree()` ignores: NULL, or what `kmalloc(0)`
    /// returns.
    pub(crate) fn is_nothing(&self) -> bool {
        self.addr() <= ZERO_SIZE
    }

    /// Makes the object of it that it has been found to be.
    ///
    /// # Safety
    ///
    /// It must be the address of an object, for `kfree()` if `channel` is [`Channel::Slab`], and
    /// else for `kvfree()`.
    #[inline(always)]
    pub(crate) unsafe fn accept(self, channel: Channel) -> Object {
        Object {
            // SAFETY: There is no object at the null pointer (contract).
            ptr: unsafe { NonNull::new_unchecked(self.0) },
            // INVARIANT: Ours by the type invariant of `Given`; the channel is the contract's.
            channel,
        }
    }
}

/// An object that this value owns, to be freed after a grace period.
///
/// One that is dropped stays allocated: nothing is freed but by way of a page, or by a caller that
/// has waited.
///
/// # Invariants
///
/// `ptr` is the address of an object that is this value's to free, by `kfree()` if `channel` is
/// [`Channel::Slab`], and else by `kvfree()`. No reader can find it who started after it was given
/// away.
#[must_use = "dropping it leaks the object"]
pub(crate) struct Object {
    ptr: NonNull<c_void>,
    channel: Channel,
}

impl Object {
    /// The channel that it belongs to.
    #[inline(always)]
    pub(crate) fn channel(&self) -> Channel {
        self.channel
    }

    /// Its address, to compare it or to look at it while it isn't freed.
    #[inline(always)]
    pub(crate) fn as_ptr(&self) -> Pointer {
        self.ptr.as_ptr()
    }

    /// Gives it up as its address.
    #[inline(always)]
    pub(crate) fn into_raw(self) -> Pointer {
        self.ptr.as_ptr()
    }

    /// Takes it back to before it was found to be an object.
    #[inline(always)]
    pub(crate) fn into_given(self) -> Given {
        // INVARIANT: It is this value's to free.
        Given(self.ptr.as_ptr())
    }
}
