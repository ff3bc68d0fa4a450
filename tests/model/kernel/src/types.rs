// SPDX-License-Identifier: GPL-2.0

//! The wrapper of what C owns.

use core::{
    cell::UnsafeCell,
    convert::Infallible,
    mem::MaybeUninit, //
};

use pinned_init::PinInit;

#[repr(transparent)]
pub struct Opaque<T>(UnsafeCell<MaybeUninit<T>>);

impl<T> Opaque<T> {
    pub const fn zeroed() -> Self {
        Self(UnsafeCell::new(MaybeUninit::zeroed()))
    }

    pub const fn get(&self) -> *mut T {
        self.0.get().cast()
    }

    pub const fn cast_from(this: *const T) -> *const Self {
        this.cast()
    }

    pub fn ffi_init(f: impl FnOnce(*mut T)) -> impl PinInit<Self> {
        // SAFETY: `f` initialises the slot, which is what it wraps.
        unsafe {
            pinned_init::pin_init_from_closure(move |slot: *mut Self| {
                f(slot.cast());
                Ok::<(), Infallible>(())
            })
        }
    }
}
