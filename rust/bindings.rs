// SPDX-License-Identifier: GPL-2.0

//! What [`kernel::bindings`] lacks: our C helpers, and our own C header to check [`crate::api`]
//! against.
//!
//! Made by bindgen when the module is built; `bindings/bindings_helper.h` says from what.

#![allow(
    clippy::all,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    unreachable_pub,
    reason = "generated"
)]

use kernel::{
    bindings::{
        callback_head,
        dentry,
        file_operations,
        irq_work,
        kernel_param,
        lock_class_key,
        module,
        raw_spinlock,
        tracepoint, //
    },
    ffi, //
};

include!(env!("RCU_HEADLESS_BINDINGS"));
