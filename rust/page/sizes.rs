// SPDX-License-Identifier: GPL-2.0

//! How much memory objects take, as far as that can be told without waiting.
//!
//! The slab allocator knows the size of each of its objects. Of one of vmalloc modules can only see
//! which pages are mapped, up to the guard page behind it.

use kernel::{
    bindings::{
        ksize,
        vmalloc_to_page, //
    },
    page::PAGE_SIZE, //
};

use crate::{
    object::{
        Channel,
        Object,
        Pointer, //
    },
    platform::memory, //
};

/// How many objects of a page are looked at.
const SAMPLES: usize = 2;

/// How many pages of a vmalloc object are looked for: a larger one counts as that large.
const VMALLOC_PAGES: usize = 256;

/// How many bytes an object takes; 0 if that isn't known.
///
/// # Context
///
/// Any context.
pub(crate) fn of(object: &Object) -> usize {
    // SAFETY: The object's owner is borrowed, so nobody frees it meanwhile.
    unsafe { estimate(object.channel(), &[object.as_ptr()], 0) }
}

/// How many bytes the objects in a page take, going by some of them: exact if they are few or alike.
///
/// Vary `seed` so that sizes which alternate average out.
///
/// # Safety
///
/// They must be the pointers of objects of `channel` that nobody frees meanwhile.
///
/// # Context
///
/// Any context.
pub(crate) unsafe fn estimate(channel: Channel, pointers: &[Pointer], seed: usize) -> usize {
    let nr = pointers.len();
    let stride = (nr / SAMPLES).max(1);
    let samples = nr.min(SAMPLES);
    if samples == 0 {
        return 0;
    }
    let size_of = |&pointer: &Pointer| match channel {
        Channel::Slab if memory::is_slab(pointer.addr()) => {
            // SAFETY: It is an object of the slab allocator's, which stays (contract).
            unsafe { ksize(pointer) }
        }
        Channel::Slab => 0,
        Channel::Vmalloc => {
            let is_mapped = |&i: &usize| {
                let page = pointer.wrapping_byte_add(i * PAGE_SIZE);
                // SAFETY: The object stays mapped (contract), and so do the kernel's tables for it
                // and for the guard page, which isn't walked past.
                !unsafe { vmalloc_to_page(page) }.is_null()
            };
            (0..VMALLOC_PAGES).take_while(is_mapped).count() * PAGE_SIZE
        }
    };
    let some = pointers.iter().skip(seed % stride).step_by(stride);
    let sum: usize = some.take(samples).map(size_of).sum();
    sum * nr / samples
}
