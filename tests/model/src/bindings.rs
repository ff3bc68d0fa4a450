// SPDX-License-Identifier: GPL-2.0

//! The helpers in C.

use kernel::{
    bindings::{
        call_rcu,
        callback_head,
        gfp_t,
        init_irq_work,
        irq_work,
        kvcalloc,
        rcu_gp_seq, //
    },
    ffi::c_void,
    sync::rcu, //
};

use crate::{
    page::lane::Lanes,
    platform::this_cpu, //
};

pub(crate) unsafe fn rcu_headless_helper_kvcalloc_node(
    nr: usize,
    size: usize,
    _: gfp_t,
    _: i32,
) -> *mut c_void {
    kvcalloc(nr, size)
}

pub(crate) unsafe fn rcu_headless_helper_synchronize_rcu_expedited() {
    rcu::synchronize_rcu();
}

pub(crate) unsafe fn rcu_headless_helper_get_state_synchronize_rcu_full(seq: *mut c_void) {
    // SAFETY: The caller has such a place.
    unsafe { (*seq.cast::<rcu_gp_seq>()).0 = rcu::now() };
}

pub(crate) unsafe fn rcu_headless_helper_poll_state_synchronize_rcu_full(seq: *mut c_void) -> bool {
    // SAFETY: The caller has such a value.
    rcu::elapsed(unsafe { (*seq.cast::<rcu_gp_seq>()).0 })
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

pub(crate) unsafe fn rcu_headless_helper_takes_interrupts() -> bool {
    true
}

/// The one CPU's, whose place in memory is [`this_cpu::lanes()`].
#[allow(non_camel_case_types)]
pub(crate) type rcu_headless_lanes = Lanes;

pub(crate) unsafe fn rcu_headless_helper_lanes_of(_cpu: u32) -> *mut c_void {
    this_cpu::lanes().cast()
}

/// Only its address is used, and not even that here.
#[no_mangle]
#[allow(non_upper_case_globals)]
static rcu_headless_lanes: u8 = 0;
