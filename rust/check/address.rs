// SPDX-License-Identifier: GPL-2.0

//! What an address says about the object that it is given for: which channel, or none.
//!
//! This is the closer look, for addresses outside of the plain range ([`crate::check::plain`]).

use kernel::{
    bindings::MAX_ERRNO,
    cpu::CpuId,
    page::PAGE_SIZE, //
};

use crate::{
    check::{
        misuse::Misuse,
        plain::{
            image,
            per_cpu_unit, //
        }, //
    },
    object::{
        Channel,
        Given,
        Object, //
    },
    platform::{
        cpu::possible_cpus,
        memory,
        percpu::{
            own_address,
            per_cpu_address, //
        },
        symbol::SymbolName, //
    }, //
};

/// So near to a module's static per-CPU variable are others of modules, and the first of those that
/// are allocated.
const PER_CPU_NEAR: usize = 32 << 10;

/// Which channel an object belongs to, going by its address.
pub(crate) fn channel_of(address: usize) -> Channel {
    if memory::is_vmalloc(address) {
        Channel::Vmalloc
    } else {
        Channel::Slab
    }
}

/// Finds out what is given: an object, or what else.
///
/// # Context
///
/// Any context.
pub(crate) fn accept(given: Given) -> Result<Object, Misuse> {
    // What is freed keeps its tag.
    let address = memory::without_tag(given.addr());
    if memory::is_on_own_stack(address) {
        return Err(Misuse::Stack);
    }
    let channel = channel_of(address);
    let fits = match channel {
        Channel::Vmalloc => {
            address % PAGE_SIZE == 0 && memory::vmalloc_has_page(address) && !is_loaded(address)
        }
        Channel::Slab => memory::can_be_slab_object(address),
    };
    if fits {
        // SAFETY: It is in memory that this channel's allocator has handed out.
        Ok(unsafe { given.accept(channel) })
    } else {
        Err(what_else(address))
    }
}

/// Says what an address is that is no object's.
#[cold]
fn what_else(address: usize) -> Misuse {
    let user = address < memory::user_end();
    // User-mode Linux has its own addresses where a process may have some of its own.
    let user_for_sure = user && memory::user_end() <= memory::direct_map().start;
    if address >= (MAX_ERRNO as usize).wrapping_neg() {
        Misuse::ErrPtr
    } else if memory::is_slab(address) || (memory::vmalloc_has_page(address) && !is_loaded(address))
    {
        // In an object or between two: a variable's memory may be near.
        Misuse::Foreign
    } else if user_for_sure {
        Misuse::User
    } else if is_near_own_per_cpu(address) {
        // Before symbols: the image's last one would lend its name to what is behind it.
        Misuse::PerCpu
    } else if is_loaded(address) || is_symbol(address) {
        Misuse::Static
    } else if is_per_cpu(address) {
        Misuse::PerCpu
    } else if image().iter().any(|part| part.contains(&address)) {
        Misuse::Static
    } else if user && !is_mapped(address) {
        Misuse::User
    } else {
        Misuse::Foreign
    }
}

/// Whether the address is in a module, if these have a range of their own or share that of vmalloc.
/// Symbols say what is whose there.
fn is_loaded(address: usize) -> bool {
    if memory::is_vmalloc(address) {
        memory::modules_are_in_vmalloc() && is_symbol(address)
    } else {
        memory::is_vmalloc_or_module(address)
    }
}

/// Whether the address is in the direct map or in the range of vmalloc.
fn is_mapped(address: usize) -> bool {
    memory::in_direct_map(address) || memory::is_vmalloc(address)
}

/// Whether the kernel or a module has a function or variable there.
fn is_symbol(address: usize) -> bool {
    SymbolName::new().of(address).is_some()
}

/// Without SMP a per-CPU variable is a variable like any other.
const HAS_PER_CPU: bool = cfg!(CONFIG_SMP);

/// Whether the address is that of a per-CPU variable before a CPU's offset is added, of a module or
/// of one of the first that were allocated: these are near our own.
fn is_near_own_per_cpu(address: usize) -> bool {
    let first = possible_cpus().next().filter(|_| HAS_PER_CPU);
    first.is_some_and(|cpu| {
        let offset = per_cpu_address(0, cpu);
        own_address(cpu).wrapping_sub(offset).abs_diff(address) < PER_CPU_NEAR
    })
}

/// Whether the address is per-CPU memory, or becomes that with a CPU's offset.
fn is_per_cpu(address: usize) -> bool {
    let in_unit = |cpu: CpuId, address| per_cpu_unit(own_address(cpu)).contains(&address);
    let mut cpus = possible_cpus().take_while(|_| HAS_PER_CPU);
    cpus.any(|cpu| {
        let there = memory::without_tag(per_cpu_address(address, cpu));
        in_unit(cpu, address)
            || in_unit(cpu, there)
            || (memory::is_vmalloc(there) && !is_mapped(address))
    })
}
