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
    bindings,
    object::{
        Channel,
        Object, //
    }, //
};

/// How many objects of a page are looked at.
const SAMPLES: usize = 2;

/// How many pages of a vmalloc object are looked for: a larger one counts as that large.
const VMALLOC_PAGES: usize = 256;

/// How many bytes an object takes; 0 if that isn't known.
///
/// # Safety
///
/// Nobody may free `object` meanwhile, which has been accepted as one of `channel`.
///
/// # Context
///
/// Any context.
pub(crate) unsafe fn of(channel: Channel, object: Object) -> usize {
    match channel {
        // SAFETY: It looks at the object only if it is one of the slab allocator's.
        Channel::Slab if unsafe { bindings::rcu_headless_helper_is_slab(object) } => {
            // SAFETY: The contract.
            unsafe { ksize(object) }
        }
        Channel::Slab => 0,
        Channel::Vmalloc => {
            let is_mapped = |&i: &usize| {
                let page = object.wrapping_byte_add(i * PAGE_SIZE);
                // SAFETY: The object stays mapped (contract), and so do the kernel's tables for it
                // and for the guard page, which isn't walked past.
                !unsafe { vmalloc_to_page(page) }.is_null()
            };
            (0..VMALLOC_PAGES).take_while(is_mapped).count() * PAGE_SIZE
        }
    }
}

/// How many bytes the objects in a page take, going by some of them: exact if they are few or alike.
///
/// `seed` says where to look, so that one look after another sees all that comes in turns.
///
/// # Safety
///
/// As for [`of()`], for each.
pub(crate) unsafe fn estimate(channel: Channel, objects: &[Object], seed: usize) -> usize {
    let nr = objects.len();
    let stride = (nr / SAMPLES).max(1);
    let samples = nr.min(SAMPLES);
    if samples == 0 {
        return 0;
    }
    let objects = objects.iter().skip(seed % stride).step_by(stride);
    // SAFETY: The contract.
    let sizes = objects
        .take(samples)
        .map(|&object| unsafe { of(channel, object) });
    let sum: usize = sizes.sum();
    sum * nr / samples
}
