// SPDX-License-Identifier: GPL-2.0

//! The helpers in C.

use kernel::{
    bindings::{
        call_rcu,
        callback_head,
        gfp_t,
        init_irq_work,
        irq_work,
        kvcalloc, //
    },
    ffi::c_void, //
};

pub(crate) unsafe fn rcu_headless_helper_kvcalloc(nr: usize, size: usize, _: gfp_t) -> *mut c_void {
    kvcalloc(nr, size)
}

pub(crate) unsafe fn rcu_headless_helper_call_rcu_hurry(
    head: *mut callback_head,
    function: Option<unsafe extern "C" fn(*mut callback_head)>,
) {
    // SAFETY: The contract is the same.
    unsafe { call_rcu(head, function) };
}

pub(crate) unsafe fn rcu_headless_helper_init_irq_work(
    irq: *mut irq_work,
    function: Option<unsafe extern "C" fn(*mut irq_work)>,
) {
    // SAFETY: The contract is the same.
    unsafe { init_irq_work(irq, function) };
}
