// SPDX-License-Identifier: GPL-2.0

//! Noticing objects that are queued already.
//!
//! With `CONFIG_DEBUG_OBJECTS_RCU_HEAD` the kernel keeps account of every queued object and knows a
//! second time when it sees one. Without it, the parameter `check_double_free` has the open page
//! searched ([`crate::engine::queue`]), which finds what is freed twice in a short time.
//!
//! On PREEMPT_RT the kernel's account gets no memory in atomic context, and closes for good when it
//! runs out. There an object is entered late, by the task that takes it out of the inbox.

use crate::{
    bindings,
    object::Pointer, //
};

/// Whether objects that come in atomic context are entered by [`enter_late()`].
const LATE: bool = cfg!(CONFIG_PREEMPT_RT);

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

/// Enters an object that is about to be put into an inbox, unless that is to be done late. `false`
/// if it is queued already.
///
/// # Context
///
/// Any context but NMI.
pub(crate) fn enter_atomic(object: Pointer) -> bool {
    LATE || enter(object)
}

/// Enters an object that has come out of an inbox, if that hasn't been done yet. `false` if it is
/// queued already.
///
/// # Context
///
/// Process context, may sleep.
pub(crate) fn enter_late(object: Pointer) -> bool {
    !LATE || enter(object)
}

/// Takes out what [`enter_atomic()`] has entered, if it has: no inbox took it.
///
/// # Context
///
/// Any context but NMI.
pub(crate) fn leave_atomic(object: Pointer) {
    if !LATE {
        leave(object);
    }
}

/// Takes out an object that is about to be freed, or isn't going to be after all.
///
/// # Context
///
/// Any context but NMI.
pub(crate) fn leave(object: Pointer) {
    if cfg!(CONFIG_DEBUG_OBJECTS_RCU_HEAD) {
        // SAFETY: The address is a key in a table, never followed.
        unsafe {
            bindings::rcu_headless_helper_debug_object_deactivate(object);
            bindings::rcu_headless_helper_debug_object_free(object);
        }
    }
}
