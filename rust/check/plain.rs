// SPDX-License-Identifier: GPL-2.0

//! The one comparison that a call makes of an address, and who wants it to fail.
//!
//! The call compares the address with one *plain* range. There every aligned address can be an
//! object of the slab allocator and of nothing that is mistaken for one: the range is the longest
//! stretch of the direct map without the kernel's image and without per-CPU memory. All else is
//! looked at with care ([`crate::check::address`]): that is slower, and almost never happens. A
//! [`Watcher`] wants to see every call, and makes the plain range empty, which costs nothing when
//! there is none. Each CPU has a copy of the range for its calls ([`crate::page::lane`]), and its
//! size can be made zero alone.

use core::{
    cmp::Reverse,
    ops, //
};

use kernel::{
    alloc::{
        flags::GFP_KERNEL,
        KVVec, //
    },
    error::Result,
    page::PAGE_SIZE,
    sync::atomic::{
        Atomic,
        Full,
        Relaxed, //
    }, //
};

use crate::{
    bindings::rcu_headless_helper_lanes_of,
    object::{
        Channel,
        Given,
        Object, //
    },
    platform::{
        cpu::possible_cpus,
        inline_atomic::{
            load_relaxed,
            store_relaxed, //
        },
        linux::smp_mb,
        memory,
        percpu::own_address, //
    }, //
};

/// Objects of the slab allocator are aligned to this many bits.
const SLAB_SHIFT: u32 = 3;

/// Per-CPU memory of a CPU isn't farther than this from any other of it, where it is in the direct
/// map: a unit fits into a large page.
const UNIT_SIZE: usize = 2 << 20;

/// The kernel's image isn't larger than twice this.
const IMAGE_SIZE: usize = 16 << 20;

/// There are hardly more areas of vmalloc than this: it has the lowest addresses that are free.
const ENOUGH: usize = 1 << 30;

/// Addresses from `start` on, `units` times `1 << shift` of them.
struct Range {
    start: Atomic<usize>,
    /// How many units the range has. Zero until [`init()`]. What reads an old value of it acts as
    /// if the call had come earlier.
    units: Atomic<usize>,
}

impl Range {
    const fn empty() -> Self {
        Self {
            start: Atomic::new(0),
            units: Atomic::new(0),
        }
    }

    /// Makes it another range. Nobody may be looking at it yet.
    fn set(&self, start: usize, units: usize) {
        store_relaxed(&self.start, start);
        store_relaxed(&self.units, units);
    }
}

static PLAIN: Range = Range::empty();
/// A long stretch of the range of vmalloc that is like that, empty when [`PLAIN`] is: some
/// architectures have the kernel's image there.
static PLAIN_VMALLOC: Range = Range::empty();

/// How far two addresses on one stack are apart at most, if what they have in common is taken away.
static STACK: Atomic<usize> = Atomic::new(0);

/// How large the plain ranges are when they aren't emptied.
static PLAIN_UNITS: Atomic<usize> = Atomic::new(0);
static PLAIN_VMALLOC_UNITS: Atomic<usize> = Atomic::new(0);

/// Who wants every call to be looked at with care.
#[derive(Clone, Copy)]
pub(crate) enum Watcher {
    /// An object may be queued already.
    DoubleFree = 1,
    /// Callers' objects are counted.
    Callers = 2,
    /// Each object is traced.
    Trace = 4,
}

/// The watchers that there are now, added up.
static WATCHERS: Atomic<u32> = Atomic::new(0);

/// Where in the plain range of a channel an address is, in units, when it is `offset` bytes from
/// where that begins; what isn't aligned is far behind it.
#[inline(always)]
pub(crate) fn position(channel: Channel, offset: usize) -> usize {
    let shift = match channel {
        Channel::Slab => SLAB_SHIFT,
        Channel::Vmalloc => PAGE_SIZE.trailing_zeros(),
    };
    // Bits below the unit become high ones: one comparison does for both.
    offset.rotate_right(shift)
}

/// Where the plain range of a channel begins, which doesn't change.
#[inline(always)]
pub(crate) fn start(channel: Channel) -> usize {
    match channel {
        Channel::Slab => load_relaxed(&PLAIN.start),
        Channel::Vmalloc => load_relaxed(&PLAIN_VMALLOC.start),
    }
}

/// How many units the plain range of a channel has, as far as those who watch let it be.
#[inline(always)]
pub(crate) fn units(channel: Channel) -> usize {
    match channel {
        Channel::Slab => load_relaxed(&PLAIN.units),
        Channel::Vmalloc => load_relaxed(&PLAIN_VMALLOC.units),
    }
}

/// Whether an address in the plain range of a channel may be that of a variable of the code that
/// runs here.
#[inline(always)]
pub(crate) fn may_be_on_stack(channel: Channel, address: usize) -> bool {
    // With a mapping of their own stacks are between areas of vmalloc, otherwise between slab
    // pages.
    match channel {
        Channel::Slab => !cfg!(CONFIG_VMAP_STACK) && near_own_frame(address),
        Channel::Vmalloc => cfg!(CONFIG_VMAP_STACK) && near_own_frame(address),
    }
}

/// Makes an object for `kfree()` of what is given, if one comparison says that it is one.
#[inline(always)]
pub(crate) fn accept(given: Given) -> Result<Object, Given> {
    let address = given.addr();
    let offset = address.wrapping_sub(start(Channel::Slab));
    if position(Channel::Slab, offset) < units(Channel::Slab)
        && !may_be_on_stack(Channel::Slab, address)
    {
        // SAFETY: What is given is an object unless it is found to be none, and in the plain range
        // there are no other objects than those for `kfree()`.
        Ok(unsafe { given.accept(Channel::Slab) })
    } else {
        Err(given)
    }
}

/// Sets the ranges up, before anybody can call.
///
/// # Context
///
/// Process context, sleeps.
pub(crate) fn init() -> Result {
    store_relaxed(&STACK, memory::thread_size());
    // With tags in the upper bits of pointers ranges say nothing.
    let tagged = memory::has_tags();
    let near = if memory::modules_are_in_vmalloc() {
        // These want a closer look, where they can be.
        memory::modules_reach().map(near_image)
    } else {
        Some(image_in_vmalloc())
    };
    let vmalloc = match near {
        Some(near) if !tagged => gap(memory::vmalloc(), near, ENOUGH)?,
        _ => 0..0,
    };
    PLAIN_VMALLOC.set(vmalloc.start, 0);
    PLAIN_VMALLOC_UNITS.store(vmalloc.len() / PAGE_SIZE, Relaxed);

    // Where memory is mapped at 0, null and what zero bytes are of are no objects.
    let map = if tagged { 0..0 } else { memory::direct_map() };
    let plain = gap(map.start.max(PAGE_SIZE)..map.end, image(), usize::MAX)?;
    PLAIN.set(plain.start, 0);
    PLAIN_UNITS.store(plain.len() >> SLAB_SHIFT, Relaxed);
    update_plain();
    Ok(())
}

impl Watcher {
    /// Whether it watches now.
    pub(crate) fn is_watching(self) -> bool {
        WATCHERS.load(Relaxed) & self as u32 != 0
    }

    /// Has it watch every call from now on, or no longer.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn watch(self, on: bool) {
        let bit = self as u32;
        let mut watchers = WATCHERS.load(Relaxed);
        loop {
            let new = if on { watchers | bit } else { watchers & !bit };
            match WATCHERS.cmpxchg(watchers, new, Full) {
                Ok(_) => break,
                Err(now) => watchers = now,
            }
        }
        update_plain();
    }
}

/// Makes the plain ranges as large as the watchers let them be.
fn update_plain() {
    let ranges = [
        (&PLAIN, &PLAIN_UNITS),
        (&PLAIN_VMALLOC, &PLAIN_VMALLOC_UNITS),
    ];
    loop {
        let watchers = WATCHERS.load(Relaxed);
        let watched = watchers != 0 || cfg!(CONFIG_DEBUG_OBJECTS_RCU_HEAD);
        for (range, units) in ranges {
            let units = if watched { 0 } else { units.load(Relaxed) };
            // Whichever of two writers comes last sees below whether the watchers are still those
            // that it went by.
            store_relaxed(&range.units, units);
        }
        smp_mb(Full);
        if watched {
            revoke_all();
        }
        // The sizes are zero until `init()` has set them, and sysfs may come first.
        let is_current = |(range, units): (&Range, &Atomic<usize>)| {
            watched || load_relaxed(&range.units) == units.load(Relaxed)
        };
        if WATCHERS.load(Relaxed) == watchers && ranges.into_iter().all(is_current) {
            break;
        }
    }
}

/// Has all calls go to the slow path, which lets them store by themselves again when nobody watches
/// any more.
fn revoke_all() {
    for cpu in possible_cpus() {
        // SAFETY: The CPU is possible, and the words are accessed atomically alone.
        let units: &[Atomic<usize>; Channel::COUNT] =
            unsafe { &*(&raw const (*rcu_headless_helper_lanes_of(cpu.as_u32())).units).cast() };
        for units in units {
            store_relaxed(units, 0);
        }
    }
}

/// The longest stretch of `all` that has neither what is `near` in it nor per-CPU memory; of those
/// that are long `enough` the lowest.
fn gap(
    all: ops::Range<usize>,
    near: [ops::Range<usize>; 2],
    enough: usize,
) -> Result<ops::Range<usize>> {
    let avoided = avoided(near)?;
    let mut best = all.start..all.start;
    // A gap begins at the start or where something to be avoided ends.
    for from in avoided.iter().map(|what| what.end).chain([all.start]) {
        if from < all.start || avoided.iter().any(|what| what.contains(&from)) {
            continue;
        }
        let next = avoided.iter().map(|what| what.start);
        let next = next.filter(|&at| at >= from).min();
        let to = next.map_or(all.end, |next| next.min(all.end));
        let rank = |gap: &ops::Range<usize>| (gap.len().min(enough), Reverse(gap.start));
        if rank(&(from..to)) > rank(&best) {
            best = from..to;
        }
    }
    Ok(best)
}

/// What is no object: per-CPU memory, and what is `near`. Ranges that touch are one: those of many
/// CPUs are few.
fn avoided(near: [ops::Range<usize>; 2]) -> Result<KVVec<ops::Range<usize>>> {
    let mut avoided = KVVec::<ops::Range<usize>>::new();
    let per_cpu = possible_cpus().map(|cpu| per_cpu_unit(own_address(cpu)));
    for what in per_cpu.chain(near) {
        let touches =
            |near: &&mut ops::Range<usize>| near.start <= what.end && what.start <= near.end;
        match avoided.iter_mut().find(touches) {
            Some(near) => *near = near.start.min(what.start)..near.end.max(what.end),
            None => avoided.push(what, GFP_KERNEL)?,
        }
    }
    Ok(avoided)
}

/// Where the kernel's image is: around something in its text and something in its data.
pub(super) fn image() -> [ops::Range<usize>; 2] {
    near_image(IMAGE_SIZE)
}

/// What is `reach` or less from these.
fn near_image(reach: usize) -> [ops::Range<usize>; 2] {
    let data = (&raw const kernel::bindings::high_memory).addr();
    [kernel::bindings::kfree as *const () as usize, data]
        .map(|at| at.saturating_sub(reach)..at.saturating_add(reach))
}

/// Where the image is in the range of vmalloc, if it is there: its pages are reserved, those of
/// areas never are. All areas are above it, the first of them close by.
fn image_in_vmalloc() -> [ops::Range<usize>; 2] {
    let all = memory::vmalloc();
    // Some kernels have large tables in their image.
    near_image(4 * IMAGE_SIZE).map(|near| {
        let is_reserved = |page: &usize| memory::vmalloc_is_reserved(*page);
        // None, where the image is elsewhere.
        let (start, end) = (near.start.max(all.start), near.end.min(all.end));
        let mut pages = (start / PAGE_SIZE..end / PAGE_SIZE).map(|nr| nr * PAGE_SIZE);
        match (pages.find(is_reserved), pages.rfind(is_reserved)) {
            (Some(first), last) => first..last.unwrap_or(first) + PAGE_SIZE,
            _ => near,
        }
    })
}

/// Where the per-CPU memory can be that `address` is in.
pub(super) fn per_cpu_unit(address: usize) -> ops::Range<usize> {
    let unit = address / UNIT_SIZE * UNIT_SIZE;
    unit - UNIT_SIZE..unit + 2 * UNIT_SIZE
}

/// Whether the address is on the stack that this code runs on, without a call. In an interrupt that
/// may be another than the task's.
#[inline(always)]
fn near_own_frame(address: usize) -> bool {
    let local = 0u8;
    // Stacks are aligned to their size.
    ((&raw const local).addr() ^ address) < load_relaxed(&STACK)
}
