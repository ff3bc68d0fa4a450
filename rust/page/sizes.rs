// SPDX-License-Identifier: GPL-2.0

//! How much memory objects take, as far as that can be told.
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
    page::bulk_page::ROOM,
    platform::{
        memory,
        sched::cond_resched, //
    }, //
};

/// An object that takes so much is weighed by itself, and waits for no others to fill its page.
pub(crate) const LARGE: usize = 1 << 20;

/// So far a call looks by itself: it has preemption off.
const FEW: usize = 8 * PAGE_SIZE;

/// How much the objects in one page may take, going by its first.
pub(crate) const PAGE_BYTES: usize = 2 << 20;

/// How many objects of a page are looked at.
const SAMPLES: usize = 2;

/// How many pages of memory are looked for before others get the CPU.
const RESCHED_EVERY: usize = 1024;

/// How many objects like one of so many bytes there may be in a page, which are to take `most`
/// bytes, or [`PAGE_BYTES`] if that is less.
pub(crate) fn room(bytes: usize, most: usize) -> usize {
    match bytes {
        0 => ROOM,
        bytes if bytes >= LARGE => 1,
        bytes => (most.min(PAGE_BYTES) / bytes).clamp(1, ROOM),
    }
}

/// Whether an object may take [`LARGE`] or more.
///
/// # Context
///
/// Any context.
pub(crate) fn may_be_large(object: &Object) -> bool {
    let address = object.as_ptr().addr();
    match object.channel() {
        // Whole pages of its own are aligned to their size.
        Channel::Slab => address % LARGE == 0,
        Channel::Vmalloc => vmalloc_may_be_large(address),
    }
}

/// Whether an object of vmalloc may take [`LARGE`] or more.
///
/// # Context
///
/// Any context.
pub(super) fn vmalloc_may_be_large(address: usize) -> bool {
    // One look does where it is at the same page table as the object: at what would be the object's
    // last page, or at the last one of the table. What is there may be another object's.
    let last = address.wrapping_add(LARGE - PAGE_SIZE);
    let last_of_table = (address | (memory::pmd_size() - 1)) & !(PAGE_SIZE - 1);
    let look = last.min(last_of_table);
    // Smaller objects than that end before; of larger ones the slow path finds out.
    is_mapped(look) && (look == last || of_vmalloc(address, FEW, || ()) == FEW)
}

/// Whether there is memory at an address of vmalloc, which must share its page table with an object
/// that stays: tables are only freed for a large page that takes their whole range.
fn is_mapped(address: usize) -> bool {
    // SAFETY: The table stays, and the page is only looked up.
    memory::is_vmalloc(address) && !unsafe { vmalloc_to_page(address as *const _) }.is_null()
}

/// How many bytes an object takes; 0 if that isn't known.
///
/// # Context
///
/// Process context, may sleep: it takes its time for an object of vmalloc that is large.
pub(crate) fn of(object: &Object) -> usize {
    at_once(object).unwrap_or_else(|| of_vmalloc(object.as_ptr().addr(), usize::MAX, cond_resched))
}

/// How many bytes an object of slab takes; 0 if that isn't known. `None` for one of vmalloc, since
/// it would take time.
///
/// # Context
///
/// Any context.
pub(crate) fn at_once(object: &Object) -> Option<usize> {
    match object.channel() {
        // SAFETY: The object's owner is borrowed, so nobody frees it meanwhile.
        Channel::Slab => Some(unsafe { of_slab(object.as_ptr()) }),
        Channel::Vmalloc => None,
    }
}

/// How many bytes an object takes, [`LARGE`] at most if it is one of vmalloc; 0 if that isn't
/// known.
///
/// # Context
///
/// Any context.
pub(crate) fn up_to_large(object: &Object) -> usize {
    at_once(object).unwrap_or_else(|| of_vmalloc(object.as_ptr().addr(), LARGE, || ()))
}

/// # Safety
///
/// It must be the pointer of an object for `kfree()` that nobody frees meanwhile.
unsafe fn of_slab(pointer: Pointer) -> usize {
    if !memory::is_slab(pointer.addr()) {
        return 0;
    }
    // SAFETY: It is an object of the slab allocator's, which stays (contract).
    unsafe { ksize(pointer) }
}

/// How far the memory of an object of vmalloc goes, up to the guard page behind it, which is part
/// of it; `most` bytes at most. Does `rest` from time to time.
fn of_vmalloc(address: usize, most: usize, rest: impl Fn()) -> usize {
    let pages = (0..most / PAGE_SIZE).take_while(|&i| {
        if i % RESCHED_EVERY == RESCHED_EVERY - 1 {
            rest();
        }
        is_mapped(address.wrapping_add(i * PAGE_SIZE))
    });
    pages.count() * PAGE_SIZE
}

/// How many bytes the objects in a page take, going by two of them: exact if they are few or alike,
/// and none of vmalloc is larger than [`LARGE`].
///
/// The first, or some on average, take `first` bytes. That spares looking at it where it is of
/// vmalloc, which takes its time. Vary `seed` so that sizes which alternate average out.
///
/// # Safety
///
/// They must be the pointers of objects of `channel` that nobody frees meanwhile.
///
/// # Context
///
/// Any context.
pub(crate) unsafe fn estimate(
    channel: Channel,
    pointers: &[Pointer],
    first: usize,
    seed: usize,
) -> usize {
    let nr = pointers.len();
    let (sum, samples) = match (channel, nr) {
        (_, 0) => return 0,
        (Channel::Slab, _) => {
            let stride = (nr / SAMPLES).max(1);
            let some = pointers.iter().skip(seed % stride).step_by(stride);
            // SAFETY: The contract says the same.
            let sizes = some.take(SAMPLES).map(|&it| unsafe { of_slab(it) });
            (sizes.sum(), nr.min(SAMPLES))
        }
        (Channel::Vmalloc, 1) => (first, 1),
        (Channel::Vmalloc, _) => {
            let another = pointers.get(1 + seed % (nr - 1));
            let size = another.map_or(first, |it| of_vmalloc(it.addr(), LARGE, || ()));
            (first + size, SAMPLES)
        }
    };
    // In this order, and no more than a word of 32 bits can hold.
    (sum / samples)
        .saturating_mul(nr)
        .saturating_add(sum % samples * nr / samples)
}
