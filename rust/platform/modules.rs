// SPDX-License-Identifier: GPL-2.0

//! Notice of modules whose code is about to be freed.
//!
//! C header: [`include/linux/module.h`](srctree/include/linux/module.h)

use core::marker::PhantomData;

use kernel::{
    bindings::{
        module,
        module_state_MODULE_STATE_GOING as GOING,
        module_state_MODULE_STATE_LIVE as LIVE,
        notifier_block,
        register_module_notifier,
        unregister_module_notifier,
        NOTIFY_DONE, //
    },
    error::to_result,
    ffi::{
        c_int,
        c_ulong,
        c_void, //
    },
    prelude::*,
    types::Opaque, //
};

use crate::bindings;

/// Memory of a module that is about to be freed, and whose code doesn't run any more: that of its
/// init functions, or all.
///
/// # Invariants
///
/// The module is valid while this lives.
pub(crate) struct Leaving {
    module: *mut module,
    init_only: bool,
}

impl Leaving {
    /// Whether an address is in there.
    pub(crate) fn contains(&self, address: usize) -> bool {
        // SAFETY: By the type invariant the module is valid.
        unsafe {
            if self.init_only {
                bindings::rcu_headless_helper_within_module_init(address, self.module)
            } else {
                bindings::rcu_headless_helper_within_module(address, self.module)
            }
        }
    }
}

/// Code that has to know when code of modules is freed.
pub(crate) trait Listener {
    /// `memory` will be freed after this has returned.
    ///
    /// # Context
    ///
    /// Process context, may sleep. Several modules may go at once.
    fn leaving(memory: &Leaving);
}

/// Calls `L` while this lives.
///
/// # Invariants
///
/// The block is registered with the kernel, with [`notify::<L>()`].
pub(crate) struct Registration<L: Listener>(KBox<Opaque<notifier_block>>, PhantomData<L>);

// SAFETY: Only the kernel uses the block, under its lock; any thread may take it back.
unsafe impl<L: Listener> Send for Registration<L> {}
// SAFETY: Nothing can be done with a shared reference.
unsafe impl<L: Listener> Sync for Registration<L> {}

impl<L: Listener> Registration<L> {
    /// Calls `L` from now on.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new() -> Result<Self> {
        let block = notifier_block {
            notifier_call: Some(notify::<L>),
            ..pin_init::zeroed()
        };
        let block = KBox::new(Opaque::new(block), GFP_KERNEL)?;
        // SAFETY: The block stays where it is, in the box, until it is unregistered.
        to_result(unsafe { register_module_notifier(block.get()) })?;
        // INVARIANT: It is registered.
        Ok(Self(block, PhantomData))
    }
}

impl<L: Listener> Drop for Registration<L> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is registered. `notify()` has returned after this.
        unsafe { unregister_module_notifier(self.0.get()) };
    }
}

/// Calls `L` when a module has come to a state in which memory of it is freed.
///
/// # Safety
///
/// `module` must be valid.
unsafe extern "C" fn notify<L: Listener>(
    _: *mut notifier_block,
    state: c_ulong,
    module: *mut c_void,
) -> c_int {
    // Its init function has returned when it is live, and its exit function when it is going.
    const INIT_DONE: c_ulong = LIVE as c_ulong;
    const EXIT_DONE: c_ulong = GOING as c_ulong;
    if let INIT_DONE | EXIT_DONE = state {
        // INVARIANT: It is valid until this returns (contract).
        L::leaving(&Leaving {
            module: module.cast(),
            init_only: state == INIT_DONE,
        });
    }
    NOTIFY_DONE as c_int
}
