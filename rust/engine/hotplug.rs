// SPDX-License-Identifier: GPL-2.0

//! Gives each CPU its queue before it comes up for the first time, and its empty pages whenever it
//! does.
//!
//! When a CPU goes down little is to be done: what it has queued is freed from other CPUs in any
//! case. But what came there in atomic context when it took no interrupts any more is still to be
//! queued.
//!
//! C header: [`include/linux/cpuhotplug.h`](srctree/include/linux/cpuhotplug.h)

use kernel::{
    bindings,
    cpu::CpuId,
    error::{
        from_result,
        to_result, //
    },
    ffi::{
        c_int,
        c_uint, //
    },
    prelude::*, //
};

use crate::engine::published;

/// CPUs that come up get what they need while this lives.
///
/// It must be there while code may come to [`crate::engine::Engine::nearby()`].
///
/// # Invariants
///
/// `state` is a CPU hotplug state that was set up with our callback.
pub(crate) struct Registration {
    state: bindings::cpuhp_state,
}

impl Registration {
    /// Registers the callbacks, after the first has been called for each CPU that is up.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: The callbacks have the type that is asked for, and stay registered until
        // `drop()`, which is before the engine goes. In this section of the hotplug states they run
        // while the CPU is down, on another one, and may sleep.
        let state = unsafe {
            bindings::__cpuhp_setup_state(
                bindings::cpuhp_state_CPUHP_BP_PREPARE_DYN,
                c"rcu_headless:prepare".as_char_ptr(),
                true,
                Some(cpu_prepare),
                Some(cpu_dead),
                false,
            )
        };
        to_result(state)?;
        // INVARIANT: Just set up; a dynamic state's number is what is returned.
        Ok(Self {
            state: state as bindings::cpuhp_state,
        })
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the state is ours.
        unsafe { bindings::__cpuhp_remove_state(self.state, false) };
    }
}

/// Called for a CPU that is about to come up, or is up when the callback is registered.
///
/// # Safety
///
/// Only for the CPU hotplug core to call, as [`Registration::new()`] says.
unsafe extern "C" fn cpu_prepare(cpu: c_uint) -> c_int {
    from_result(|| {
        let cpu = CpuId::from_u32(cpu).ok_or(EINVAL)?;
        // SAFETY: The callback is registered after and unregistered before the engine is published.
        // An engine that is published is pinned.
        let engine = unsafe { Pin::new_unchecked(published::get()) };
        // SAFETY: The hotplug core has a lock while it calls this.
        unsafe { engine.prepare(cpu) }.map(|()| 0)
    })
}

/// Called for a CPU that is dead.
///
/// # Safety
///
/// Only for the CPU hotplug core to call, as [`Registration::new()`] says.
unsafe extern "C" fn cpu_dead(cpu: c_uint) -> c_int {
    // SAFETY: The callback is registered after and unregistered before the engine is published.
    let engine = unsafe { published::get() };
    if let Some(queue) = CpuId::from_u32(cpu).and_then(|cpu| engine.queues.get(cpu)) {
        queue.inbox.hurry();
    }
    // A walk along the list: any of them may have asked that CPU for its work.
    engine.reserves().hurry();
    0
}
