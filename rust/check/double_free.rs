// SPDX-License-Identifier: GPL-2.0

//! Noticing objects that are queued already.
//!
//! With `CONFIG_DEBUG_OBJECTS_RCU_HEAD` the kernel keeps account of every queued object and knows a
//! second time when it sees one. Without it, the parameter `check_double_free` has the open page
//! searched (`engine/here.rs`), which finds what is freed twice in a short time.
//!
//! An object that comes in atomic context is entered by the task that takes it out of the inbox:
//! the kernel's account takes locks, which an NMI may not, and on PREEMPT_RT gets no memory there.

use crate::{
    bindings,
    object::Pointer, //
};

/// Enters an object that is about to be queued. `false` if it is queued already.
///
/// # Context
///
/// Process context, may sleep.
pub(crate) fn enter(object: Pointer) -> bool {
    !cfg!(CONFIG_DEBUG_OBJECTS_RCU_HEAD)
        // SAFETY: The address is a key in a table, never followed.
        || unsafe { bindings::rcu_headless_helper_debug_object_activate(object) } == 0
}

/// Takes out an object that is about to be freed, or isn't going to be after all.
///
/// # Context
///
/// Process context, may sleep.
pub(crate) fn leave(object: Pointer) {
    if cfg!(CONFIG_DEBUG_OBJECTS_RCU_HEAD) {
        // SAFETY: The address is a key in a table, never followed.
        unsafe {
            bindings::rcu_headless_helper_debug_object_deactivate(object);
            bindings::rcu_headless_helper_debug_object_free(object);
        }
    }
}
