// SPDX-License-Identifier: GPL-2.0

//! What an address says about the object that it is given for: which channel, or none.
//!
//! The call compares it with one *plain* range. There every aligned address can be an object of the
//! slab allocator and of nothing that is mistaken for one: the range is the longest stretch of the
//! direct map without the kernel's image and without per-CPU memory. All else is looked at with
//! care: it is slower, and almost never happens. Whoever has a [`Reason`] to see every call makes the
//! plain range empty ([`set_thorough()`]), which costs nothing when nobody does.

use core::cell::UnsafeCell;

use kernel::{
    cpu::CpuId,
    ffi::{
        c_char,
        c_void, //
    },
    page::PAGE_SIZE,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        barrier::smp_mb, //
    }, //
};

use crate::{
    bindings,
    check::misuse::Misuse,
    object::{
        Channel,
        Object, //
    },
    platform::{
        percpu::possible_cpus,
        this_cpu::cursors_of, //
    }, //
};

/// Objects of the slab allocator are aligned to this many bits.
const SLAB_SHIFT: u32 = 3;

/// Per-CPU memory of a CPU isn't farther than this from any other of it, where it is in the direct
/// map: a unit fits into a large page.
const UNIT_SIZE: usize = 2 << 20;

/// So near to a module's static per-CPU variable are others of modules, and the first of those that
/// are allocated.
const PER_CPU_NEAR: usize = 32 << 10;

/// The kernel's image isn't larger than twice this.
const IMAGE_SIZE: usize = 16 << 20;

/// Addresses from `start` on, `units` times `1 << shift` of them.
struct Range {
    start: UnsafeCell<usize>,
    /// How many units the range has. Zero until [`init()`].
    units: UnsafeCell<usize>,
}

// SAFETY: `start` is written before anybody else looks, `units` is only accessed volatile and
// whole: whoever reads an old value of it acts as if the call had come earlier.
unsafe impl Sync for Range {}

impl Range {
    const fn empty() -> Self {
        Self {
            start: UnsafeCell::new(0),
            units: UnsafeCell::new(0),
        }
    }

    /// Whether `address` is in the range and a multiple of its unit.
    #[inline(always)]
    fn holds(&self, address: usize, shift: u32) -> bool {
        // SAFETY: Written by `init()` only, before anybody can call.
        let offset = address.wrapping_sub(unsafe { *self.start.get() });
        // Bits below the unit become high ones: one comparison does for both.
        //
        // SAFETY: The cell is valid; see above.
        offset.rotate_right(shift) < unsafe { self.units.get().read_volatile() }
    }

    /// # Safety
    ///
    /// Nobody else may be writing, and with another `start` than before, nobody reading.
    unsafe fn set(&self, start: usize, units: usize) {
        // SAFETY: The contract.
        unsafe { *self.start.get() = start };
        // SAFETY: The contract; a reader sees the old or the new value.
        unsafe { self.units.get().write_volatile(units) };
    }
}

static PLAIN: Range = Range::empty();
/// The range of vmalloc, empty when [`PLAIN`] is.
static PLAIN_VMALLOC: Range = Range::empty();
static VMALLOC: Range = Range::empty();

/// How far two addresses on one stack are apart at most, if what they have in common is taken away.
static STACK: Range = Range::empty();

/// How large the plain ranges are when they aren't emptied.
static PLAIN_UNITS: Atomic<usize> = Atomic::new(0);
static PLAIN_VMALLOC_UNITS: Atomic<usize> = Atomic::new(0);

/// Why every call is to be looked at with care.
#[derive(Clone, Copy)]
pub(crate) enum Reason {
    /// An object may be queued already.
    DoubleFree = 1,
    /// Callers' objects are counted.
    Callers = 2,
    /// Each object is traced.
    Trace = 4,
}

/// The reasons that there are now, added up.
static REASONS: Atomic<u32> = Atomic::new(0);

/// Whether `object` is one for `kfree()`, as far as its address can tell. When not, look closer.
#[inline(always)]
pub(crate) fn is_plain(object: Object) -> bool {
    PLAIN.holds(object.addr(), SLAB_SHIFT)
        // Without a mapping of their own, stacks are between slab pages.
        && (cfg!(CONFIG_VMAP_STACK) || !near_own_frame(object.addr()))
}

/// Whether `object` is one of vmalloc, as far as its address can tell. When not, look closer.
#[inline(always)]
pub(crate) fn is_plain_vmalloc(object: Object) -> bool {
    PLAIN_VMALLOC.holds(object.addr(), PAGE_SIZE.trailing_zeros())
        && !(cfg!(CONFIG_VMAP_STACK) && near_own_frame(object.addr()))
}

/// Which channel an object belongs to that [`examine()`] has accepted.
pub(crate) fn channel_of(object: Object) -> Channel {
    // SAFETY: Always sound to call: it looks at the address only.
    if unsafe { kernel::bindings::is_vmalloc_addr(object) } {
        Channel::Vmalloc
    } else {
        Channel::Slab
    }
}

/// Finds out where `object` belongs.
///
/// # Context
///
/// Any context.
pub(crate) fn examine(object: Object) -> Result<Channel, Misuse> {
    let address = object.addr();
    if on_own_stack(address) {
        return Err(Misuse::Stack);
    }
    // SAFETY: Always sound to call.
    let vmalloc = unsafe { kernel::bindings::is_vmalloc_addr(object) };
    let fits = if vmalloc {
        VMALLOC.holds(address, PAGE_SIZE.trailing_zeros()) && !in_module(address)
    } else {
        // The kernel's image maps memory as well, where no object's address is.
        //
        // SAFETY: Always sound to call: it looks at the object only if there is memory.
        in_direct_map(address) && unsafe { bindings::rcu_headless_helper_is_slab(object) }
    };
    match (fits, vmalloc) {
        (false, _) => Err(what_else(address)),
        (true, true) => Ok(Channel::Vmalloc),
        (true, false) => Ok(Channel::Slab),
    }
}

/// Sets the ranges up, before anybody can call.
pub(crate) fn init() {
    // SAFETY: These are always sound to call.
    let (vmalloc_start, vmalloc_end, start, end) = unsafe {
        (
            bindings::rcu_headless_helper_vmalloc_start(),
            bindings::rcu_headless_helper_vmalloc_end(),
            bindings::rcu_headless_helper_direct_map_start(),
            bindings::rcu_headless_helper_direct_map_end(),
        )
    };
    // SAFETY: Nobody looks yet; always sound to call.
    unsafe { STACK.set(0, bindings::rcu_headless_helper_thread_size()) };
    let pages = vmalloc_end.saturating_sub(vmalloc_start) / PAGE_SIZE;
    // SAFETY: Nobody looks yet.
    unsafe { VMALLOC.set(vmalloc_start, pages) };
    // Modules that share the range want a closer look.
    PLAIN_VMALLOC_UNITS.store(if cfg!(CONFIG_UML) { 0 } else { pages }, Relaxed);
    // SAFETY: Nobody looks yet.
    unsafe { PLAIN_VMALLOC.set(vmalloc_start, 0) };

    // With tags in the upper bits of pointers ranges say nothing.
    let tagged = cfg!(any(CONFIG_KASAN_SW_TAGS, CONFIG_KASAN_HW_TAGS));
    let (start, end) = if tagged { (0, 0) } else { (start, end) };
    let plain = longest_gap(start, end);
    PLAIN_UNITS.store((plain.1 - plain.0) >> SLAB_SHIFT, Relaxed);
    // SAFETY: Nobody looks yet.
    unsafe { PLAIN.set(plain.0, 0) };
    update_plain();
}

/// Whether this is a reason for every call to be looked at with care.
pub(crate) fn is_thorough_for(reason: Reason) -> bool {
    REASONS.load(Relaxed) & reason as u32 != 0
}

/// Has every call looked at with care from now on for this reason, or no longer.
///
/// # Context
///
/// Any context.
pub(crate) fn set_thorough(reason: Reason, thorough: bool) {
    let bit = reason as u32;
    let mut reasons = REASONS.load(Relaxed);
    loop {
        let new = if thorough {
            reasons | bit
        } else {
            reasons & !bit
        };
        match REASONS.cmpxchg(reasons, new, Full) {
            Ok(_) => break,
            Err(now) => reasons = now,
        }
    }
    update_plain();
}

/// Makes the plain ranges what the reasons ask for.
fn update_plain() {
    loop {
        let reasons = REASONS.load(Relaxed);
        let thorough = reasons != 0 || cfg!(CONFIG_DEBUG_OBJECTS_RCU_HEAD);
        for (range, units) in [
            (&PLAIN, &PLAIN_UNITS),
            (&PLAIN_VMALLOC, &PLAIN_VMALLOC_UNITS),
        ] {
            let units = if thorough { 0 } else { units.load(Relaxed) };
            // SAFETY: The start is what it was. Whichever of two writers comes last sees below
            // whether the reasons are still what it went by.
            unsafe { range.units.get().write_volatile(units) };
        }
        smp_mb(Full);
        if REASONS.load(Relaxed) == reasons {
            break;
        }
    }
}

/// The longest stretch from `start` to before `end` that has neither the kernel's image nor per-CPU
/// memory in it.
fn longest_gap(start: usize, end: usize) -> (usize, usize) {
    let mut longest = (start, start);
    // A gap begins at the start or where something to be avoided ends.
    for from in avoided().map(|(_, to)| to).chain([start]) {
        if from < start || avoided().any(|(a, b)| a <= from && from < b) {
            continue;
        }
        let next = avoided().map(|(a, _)| a).filter(|&a| a >= from).min();
        let to = next.map_or(end, |next| next.min(end));
        if to > from && to - from > longest.1 - longest.0 {
            longest = (from, to);
        }
    }
    longest
}

/// What may be in the direct map and is no object: from the first address to before the second.
fn avoided() -> impl Iterator<Item = (usize, usize)> {
    let per_cpu = possible_cpus().map(|cpu| per_cpu_unit(cursors_of(cpu).as_ptr().addr()));
    per_cpu.chain(image())
}

/// Where the kernel's image is: around something in its text and something in its data.
fn image() -> [(usize, usize); 2] {
    let text = kernel::bindings::kfree as *const () as usize;
    let data = (&raw const kernel::bindings::high_memory).addr();
    [text, data].map(|at| (at.saturating_sub(IMAGE_SIZE), at.saturating_add(IMAGE_SIZE)))
}

/// Where the per-CPU memory can be that `address` is in.
fn per_cpu_unit(address: usize) -> (usize, usize) {
    let unit = address / UNIT_SIZE * UNIT_SIZE;
    (unit - UNIT_SIZE, unit + 2 * UNIT_SIZE)
}

/// Says what an address is that is no object's.
#[cold]
fn what_else(address: usize) -> Misuse {
    // SAFETY: These are always sound to call.
    let (user_end, kernel_start) = unsafe {
        (
            bindings::rcu_headless_helper_user_end(),
            bindings::rcu_headless_helper_direct_map_start(),
        )
    };
    let user = address < user_end;
    // User-mode Linux has its own addresses where a process may have some of its own.
    let user_for_sure = user && user_end <= kernel_start;
    if address >= (kernel::bindings::MAX_ERRNO as usize).wrapping_neg() {
        Misuse::ErrPtr
    } else if user_for_sure {
        Misuse::User
    } else if is_near_own_per_cpu(address) {
        // Before symbols: the image's last one would lend its name to what is behind it.
        Misuse::PerCpu
    } else if in_module(address) || is_symbol(address) {
        Misuse::Static
    } else if is_per_cpu(address) {
        Misuse::PerCpu
    } else if in_image(address) {
        Misuse::Static
    } else if user && !is_mapped(address) {
        Misuse::User
    } else {
        Misuse::Foreign
    }
}

/// Whether the address is on the stack that this code runs on, without a call. In an interrupt that
/// may be another than the task's.
#[inline(always)]
fn near_own_frame(address: usize) -> bool {
    let local = 0u8;
    // Stacks are aligned to their size.
    STACK.holds((&raw const local).addr() ^ address, 0)
}

fn on_own_stack(address: usize) -> bool {
    // SAFETY: Always sound to call: it compares addresses.
    unsafe { bindings::rcu_headless_helper_on_stack(address as *const _) }
}

/// Whether the address is a module's, which have a range of their own or share that of vmalloc.
fn in_module(address: usize) -> bool {
    let object = address as *const c_void;
    // SAFETY: Always sound to call: it compares addresses.
    if unsafe { bindings::rcu_headless_helper_modules_in_vmalloc() } {
        // SAFETY: As above.
        unsafe { kernel::bindings::is_vmalloc_addr(object) && is_symbol(address) }
    } else {
        // SAFETY: As above.
        unsafe {
            bindings::rcu_headless_helper_is_vmalloc_or_module(object)
                && !kernel::bindings::is_vmalloc_addr(object)
        }
    }
}

/// Whether the address is in the kernel's image, as far as that is known.
fn in_image(address: usize) -> bool {
    image()
        .iter()
        .any(|&(from, to)| (from..to).contains(&address))
}

/// Whether the address is in the direct map or in the range of vmalloc.
fn is_mapped(address: usize) -> bool {
    // SAFETY: Always sound to call: it compares addresses.
    in_direct_map(address) || unsafe { kernel::bindings::is_vmalloc_addr(address as *const c_void) }
}

/// Whether the address is in the direct map.
fn in_direct_map(address: usize) -> bool {
    // SAFETY: These are always sound to call.
    let (start, end) = unsafe {
        (
            bindings::rcu_headless_helper_direct_map_start(),
            bindings::rcu_headless_helper_direct_map_end(),
        )
    };
    (start..end).contains(&address)
}

/// Whether the kernel or a module has a function or variable there.
fn is_symbol(address: usize) -> bool {
    let mut name = [0 as c_char; bindings::RCU_HEADLESS_SYMBOL_LEN as usize];
    // SAFETY: The buffer is as large as the function asks for.
    unsafe { kernel::bindings::sprint_symbol(name.as_mut_ptr(), address) };
    // What has no name is printed as a number.
    !matches!(name, [0, ..] | [DIGIT_0, ..])
}

const DIGIT_0: c_char = b'0' as c_char;

/// Whether the address is that of a per-CPU variable before a CPU's offset is added, of a module or
/// of one of the first that were allocated: these are near our own.
fn is_near_own_per_cpu(address: usize) -> bool {
    possible_cpus().next().is_some_and(|cpu| {
        let own = cursors_of(cpu).as_ptr().addr();
        own.wrapping_sub(on_cpu(cpu, 0)).abs_diff(address) < PER_CPU_NEAR
    })
}

/// Whether the address is per-CPU memory, or becomes that with a CPU's offset.
fn is_per_cpu(address: usize) -> bool {
    let in_unit = |cpu, address: usize| {
        let (from, to) = per_cpu_unit(cursors_of(cpu).as_ptr().addr());
        (from..to).contains(&address)
    };
    possible_cpus().any(|cpu| {
        let there = on_cpu(cpu, address);
        // SAFETY: Always sound to call: it compares addresses.
        let vmalloc = unsafe { kernel::bindings::is_vmalloc_addr(there as *const c_void) };
        in_unit(cpu, address) || in_unit(cpu, there) || (vmalloc && !is_mapped(address))
    })
}

/// What `per_cpu_ptr()` makes of the address.
fn on_cpu(cpu: CpuId, address: usize) -> usize {
    // SAFETY: Sound to call for a possible CPU: it adds to the address.
    unsafe { bindings::rcu_headless_helper_per_cpu_ptr(address as *mut c_void, cpu.as_u32()) }
        .addr()
}
