// SPDX-License-Identifier: GPL-2.0

//! What is C in the kernel. Names as there.

#![allow(
    non_camel_case_types,
    non_upper_case_globals,
    clippy::missing_safety_doc
)]

use core::ffi::{
    c_int,
    c_void, //
};
use std::{
    alloc::{
        alloc_zeroed,
        dealloc,
        Layout, //
    },
    cell::RefCell,
    collections::HashMap, //
};

pub mod workqueue;

pub use workqueue::*;

use crate::sync::rcu;

pub type gfp_t = u32;

pub static jiffies: usize = 1;

thread_local! {
    static ALLOCATED: RefCell<HashMap<usize, Layout>> = RefCell::default();
}

/// `kvcalloc()`: zeroed memory.
pub fn kvcalloc(nr: usize, size: usize) -> *mut c_void {
    let layout = Layout::from_size_align(nr * size, 16).unwrap();
    // SAFETY: Nobody asks for nothing here.
    let memory = unsafe { alloc_zeroed(layout) };
    ALLOCATED.with(|all| all.borrow_mut().insert(memory.addr(), layout));
    memory.cast()
}

pub unsafe fn kvfree(memory: *const c_void) {
    let layout = ALLOCATED.with(|all| all.borrow_mut().remove(&memory.addr()));
    // SAFETY: It is what was allocated with this layout, and is freed once.
    unsafe { dealloc(memory.cast_mut().cast(), layout.expect("nobody's memory")) };
}

pub const KCSAN_ACCESS_ASSERT: u32 = 1;

pub unsafe fn __kcsan_check_access(_: *const c_void, _: usize, _: c_int) {}

#[repr(C)]
pub struct callback_head([usize; 2]);

#[derive(Clone, Copy, Default)]
pub struct rcu_gp_seq(pub u64);

pub unsafe fn call_rcu(
    head: *mut callback_head,
    function: Option<unsafe extern "C" fn(*mut callback_head)>,
) {
    rcu::call(head, function.unwrap());
}

/// An interrupt that is asked for comes at once.
#[repr(C)]
pub struct irq_work(Option<unsafe extern "C" fn(*mut irq_work)>);

pub unsafe fn init_irq_work(
    irq: *mut irq_work,
    function: Option<unsafe extern "C" fn(*mut irq_work)>,
) {
    // SAFETY: It is a place for one (contract).
    unsafe { irq.write(irq_work(function)) };
}

pub unsafe fn irq_work_queue(irq: *mut irq_work) -> bool {
    // SAFETY: It is initialised (contract), and its function is for it.
    unsafe { ((*irq).0.unwrap())(irq) };
    true
}

pub unsafe fn irq_work_sync(_: *mut irq_work) {}
