// SPDX-License-Identifier: GPL-2.0

//! Where the kernel has what in its address space, and how large it is.
//!
//! These compare an address, or look at what describes the memory there; none follows it. So they
//! take any number.
//!
//! With KASAN's tags in pointers, an address is compared without its own ([`without_tag()`]); what
//! asks the kernel takes both.
//!
//! C headers: [`include/linux/kasan.h`](srctree/include/linux/kasan.h),
//! [`include/linux/mm.h`](srctree/include/linux/mm.h),
//! [`include/linux/sched/task_stack.h`](srctree/include/linux/sched/task_stack.h)

use core::ops::Range;

use kernel::ffi::c_void;

use crate::{
    bindings,
    object, //
};

/// What [`object`] says of the slab allocator is so.
const _: () = assert!(object::ZERO_SIZE == bindings::RCU_HEADLESS_ZERO_SIZE as usize);

/// Whether pointers have tags in their upper bits. Where in memory they point to is then seen only
/// without these.
pub(crate) fn has_tags() -> bool {
    // SAFETY: It tells how the kernel was built and booted, and has no requirement.
    unsafe { bindings::rcu_headless_helper_has_tags() }
}

/// The address without a pointer's tag: what can be compared with a range.
pub(crate) fn without_tag(address: usize) -> usize {
    // SAFETY: It changes bits of the address and doesn't follow it: any will do.
    unsafe { bindings::rcu_headless_helper_without_tag(address as *const c_void) }
}

/// The mapping of all memory that the kernel may use directly. Memory that was plugged in since the
/// kernel booted can be behind it: [`in_direct_map()`] knows.
pub(crate) fn direct_map() -> Range<usize> {
    // SAFETY: Both read what is set when the kernel boots, and memory is plugged in.
    unsafe {
        bindings::rcu_headless_helper_direct_map_start()
            ..bindings::rcu_headless_helper_direct_map_end()
    }
}

/// The range of `vmalloc()`.
pub(crate) fn vmalloc() -> Range<usize> {
    // SAFETY: Both read what is set when the kernel boots.
    unsafe {
        bindings::rcu_headless_helper_vmalloc_start()..bindings::rcu_headless_helper_vmalloc_end()
    }
}

/// Where user-space addresses end.
pub(crate) fn user_end() -> usize {
    // SAFETY: It returns a constant of the architecture's, and has no requirement.
    unsafe { bindings::rcu_headless_helper_user_end() }
}

/// How many bytes a kernel stack has; it is aligned to as many.
pub(crate) fn thread_size() -> usize {
    // SAFETY: It returns a constant, and has no requirement.
    unsafe { bindings::rcu_headless_helper_thread_size() }
}

/// How many pages the machine has that are always mapped: objects are made of these.
pub(crate) fn total_pages() -> usize {
    // SAFETY: It reads a counter of the page allocator, and has no requirement.
    unsafe { bindings::rcu_headless_helper_lowmem_pages() }
}

/// How many bytes one page table maps at most: the size of the smallest large page.
pub(crate) fn pmd_size() -> usize {
    // SAFETY: It returns a constant of the architecture's, and has no requirement.
    unsafe { bindings::rcu_headless_helper_pmd_size() }
}

/// Whether the address is in the range of `vmalloc()`.
#[inline]
pub(crate) fn is_vmalloc(address: usize) -> bool {
    // SAFETY: It compares the address and doesn't follow it: any will do.
    unsafe { kernel::bindings::is_vmalloc_addr(address as *const c_void) }
}

/// Whether an address is in the range of `vmalloc()` and a page of the page allocator's is mapped
/// there, as in an area. The pages of the kernel's image, which some architectures have in that
/// range, are none of these.
pub(crate) fn vmalloc_has_page(address: usize) -> bool {
    is_vmalloc(address) && {
        // SAFETY: It looks at the kernel's page tables, where there are any for the address, and at
        // what describes the page.
        unsafe { bindings::rcu_headless_helper_vmalloc_has_page(address as *const c_void) }
    }
}

/// Whether an address is in the range of `vmalloc()` and a page is mapped there that isn't the page
/// allocator's: one of the kernel's image, or of a device.
pub(crate) fn vmalloc_is_reserved(address: usize) -> bool {
    is_vmalloc(address) && {
        // SAFETY: It looks at the kernel's page tables, where there are any for the address, and at
        // what describes the page.
        unsafe { bindings::rcu_headless_helper_vmalloc_is_reserved(address as *const c_void) }
    }
}

/// Whether there is memory, at the address at which all memory is mapped. Not so in the kernel's
/// image where that has a mapping of its own.
pub(crate) fn in_direct_map(address: usize) -> bool {
    // SAFETY: It looks at what describes the page only if there is memory at the address.
    unsafe { bindings::rcu_headless_helper_in_direct_map(address as *const c_void) }
}

/// Whether the address is in a page that the slab allocator has, or that `kmalloc()` took whole.
pub(crate) fn is_slab(address: usize) -> bool {
    // SAFETY: It looks at what describes the page only if there is memory at the address.
    unsafe { bindings::rcu_headless_helper_is_slab(address as *const c_void) }
}

/// Whether an object of the slab allocator, or one that `kmalloc()` took whole pages for, can begin
/// at the address. Only the allocator knows where the former do begin, but they are aligned.
pub(crate) fn can_be_slab_object(address: usize) -> bool {
    is_slab(address) && {
        // SAFETY: There is memory at the address, so that something describes the page.
        unsafe { bindings::rcu_headless_helper_can_be_object(address as *const c_void) }
    }
}

/// Whether the address is on the stack of the task that runs here.
pub(crate) fn is_on_own_stack(address: usize) -> bool {
    // SAFETY: It compares the address and doesn't follow it: any will do.
    unsafe { bindings::rcu_headless_helper_on_stack(address as *const c_void) }
}

/// Whether modules have no range of their own but share that of `vmalloc()`.
pub(crate) fn modules_are_in_vmalloc() -> bool {
    // SAFETY: It looks where this module is, and has no requirement.
    unsafe { bindings::rcu_headless_helper_modules_in_vmalloc() }
}

/// How far from the kernel's image modules can be at most, if the architecture has a limit.
pub(crate) fn modules_reach() -> Option<usize> {
    // SAFETY: It returns a constant of the architecture's, and has no requirement.
    let reach = unsafe { bindings::rcu_headless_helper_modules_reach() };
    (reach != 0).then_some(reach)
}

/// Whether the address is in the range of `vmalloc()` or in that of modules.
pub(crate) fn is_vmalloc_or_module(address: usize) -> bool {
    // SAFETY: It compares the address and doesn't follow it: any will do.
    unsafe { bindings::rcu_headless_helper_is_vmalloc_or_module(address as *const c_void) }
}
