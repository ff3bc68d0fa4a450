// SPDX-License-Identifier: GPL-2.0

//! Takes over what a CPU had queued when it went down, and gives one that comes up its pages.
//!
//! C header: [`include/linux/cpuhotplug.h`](srctree/include/linux/cpuhotplug.h)

use kernel::{
    bindings,
    cpu::CpuId,
    error::to_result,
    ffi::{
        c_int,
        c_uint, //
    },
    prelude::*, //
};

use crate::{
    engine::published,
    platform::this_cpu::TaskContext, //
};

/// CPUs that go down hand their queue on while this lives.
///
/// # Invariants
///
/// `state` is a CPU hotplug state that was set up with our callback.
pub(crate) struct Registration {
    state: bindings::cpuhp_state,
}

impl Registration {
    /// Registers the callback.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: The callbacks have the types that are asked for, and stay registered until
        // `drop()`, which is before the engine goes. In this section of the hotplug states they
        // run while the CPU is down, on another one, and may sleep.
        let state = unsafe {
            bindings::__cpuhp_setup_state(
                bindings::cpuhp_state_CPUHP_BP_PREPARE_DYN,
                c"rcu_headless:dead".as_char_ptr(),
                false,
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

/// Called for a CPU that is about to come up.
///
/// # Safety
///
/// Only for the CPU hotplug core to call, as [`Registration::new()`] says.
unsafe extern "C" fn cpu_prepare(cpu: c_uint) -> c_int {
    // SAFETY: The callback is registered after and unregistered before the engine is published.
    let engine = unsafe { published::get() };
    if let Some(queue) = CpuId::from_u32(cpu).and_then(|cpu| engine.queues.slot(cpu)) {
        // No reason to keep it from coming up: without them it asks again when it needs some.
        let _ = queue.shared().spares.fill();
    }
    0
}

/// Called for a CPU that is dead: moves what waits there to the CPU that this runs on. Its spares stay
/// for when it is back.
///
/// # Safety
///
/// Only for the CPU hotplug core to call, as [`Registration::new()`] says.
unsafe extern "C" fn cpu_dead(cpu: c_uint) -> c_int {
    // SAFETY: The callback is registered after and unregistered before the engine is published.
    let engine = unsafe { published::get() };
    if let Some(slot) = CpuId::from_u32(cpu).and_then(|cpu| engine.queues.slot(cpu)) {
        // SAFETY: The hotplug core calls this in a task that may sleep, and there is no proof of
        // that yet.
        let mut task = unsafe { TaskContext::assume() };
        // SAFETY: It does so once for each CPU that goes down, when it is dead, and keeps it from
        // coming up until we return.
        let pages = unsafe { slot.own_dead(&mut task) }.leave();
        // The barrier, which keeps CPUs from going, can't miss the pages between the queues.
        engine.queues.own_this_cpu(&mut task).adopt(pages);
    }
    0
}
