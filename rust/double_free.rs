// SPDX-License-Identifier: GPL-2.0

//! Telling objects that are queued already.
//!
//! With `CONFIG_DEBUG_OBJECTS_RCU_HEAD` the kernel keeps account of every queued object and knows a
//! second time when it sees one. Without it, the parameter `check_double_free` has the open page
//! searched ([`crate::cursor::Cursor::holds()`]), which finds what is freed twice in a short time.

use crate::{
    bindings,
    bulk_page::Object, //
};

/// Enters an object that is about to be queued. `false` if it is queued already.
///
/// # Context
///
/// Any context but NMI.
pub(crate) fn enter(object: Object) -> bool {
    !cfg!(CONFIG_DEBUG_OBJECTS_RCU_HEAD)
        // SAFETY: The address is a key in a table, never followed.
        || unsafe { bindings::rcu_headless_helper_debug_object_activate(object) } == 0
}

/// Strikes out an object that is about to be freed, or isn't going to be after all.
///
/// # Context
///
/// Any context but NMI.
pub(crate) fn leave(object: Object) {
    if cfg!(CONFIG_DEBUG_OBJECTS_RCU_HEAD) {
        // SAFETY: As above.
        unsafe { bindings::rcu_headless_helper_debug_object_deactivate(object) };
        // SAFETY: As above.
        unsafe { bindings::rcu_headless_helper_debug_object_free(object) };
    }
}
