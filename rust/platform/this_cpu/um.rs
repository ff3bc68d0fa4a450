// SPDX-License-Identifier: GPL-2.0

//! For user-mode Linux, where kernel code isn't preempted: the same with no more calls than it
//! takes to find the CPU and to see whether interrupts are on.
//!
//! C headers: `arch/um/include/asm/{current,irqflags,smp}.h`, `include/asm-generic/preempt.h`.

use kernel::{
    asm,
    bindings::task_struct,
    ffi::{
        c_int,
        c_void, //
    }, //
};

use crate::bindings;

const NR_CPUS: usize = kernel::bindings::NR_CPUS as usize;

extern "C" {
    fn uml_curr_cpu() -> c_int;
    fn um_get_signals() -> c_int;
    // What each CPU runs, and how far its per-CPU data is from where that is said to be.
    static cpu_tasks: [*const c_void; NR_CPUS];
    static __per_cpu_offset: [usize; NR_CPUS];
}

/// The number of this CPU. As nobody is preempted, it is this one until the code sleeps.
pub(super) struct Cpu(usize);

impl Cpu {
    #[inline(always)]
    pub(super) fn this() -> Self {
        // SAFETY: It reads a variable of this thread's, and has no requirement.
        Self(unsafe { uml_curr_cpu() as usize })
    }

    /// The count of reasons not to preempt, of the task that runs here.
    #[inline(always)]
    fn preempt_count(&self) -> *mut c_int {
        let tasks: *const *const task_struct = (&raw const cpu_tasks).cast();
        // SAFETY: A CPU's number is below `NR_CPUS`. Volatile, since the task changes whenever the
        // CPU switches to another.
        let task = unsafe { tasks.add(self.0).read_volatile() };
        // SAFETY: It is this one, which is alive.
        unsafe { &raw const (*task).thread_info.preempt_count }.cast_mut()
    }

    /// Where its instance is of what was allocated for each CPU.
    #[inline(always)]
    pub(super) fn this_cpu_ptr(&self, base: *mut u8) -> *mut u8 {
        let offsets: *const usize = (&raw const __per_cpu_offset).cast();
        // SAFETY: A CPU's number is below `NR_CPUS`, and its offset is set when the kernel boots.
        base.wrapping_add(unsafe { offsets.add(self.0).read() })
    }
}

#[inline(always)]
pub(super) fn may_block() -> Option<Cpu> {
    let cpu = Cpu::this();
    // SAFETY: The count is this task's, which alone writes to it; the function reads a variable.
    (unsafe { cpu.preempt_count().read_volatile() == 0 && um_get_signals() != 0 }).then_some(cpu)
}

#[inline(always)]
pub(super) fn in_nmi() -> bool {
    // SAFETY: It reads the state of this CPU, and has no requirement.
    unsafe { bindings::rcu_headless_helper_in_nmi() }
}

#[inline(always)]
fn compiler_barrier() {
    // SAFETY: There is no instruction in it.
    unsafe { asm!(""; options(nostack, preserves_flags)) };
}

/// # Safety
///
/// Preemption must be on: of no use here.
#[inline(always)]
pub(super) unsafe fn preempt_disable_first() {
    preempt_disable();
}

#[inline(always)]
pub(super) fn preempt_disable() {
    if cfg!(CONFIG_PREEMPT_COUNT) {
        let count = Cpu::this().preempt_count();
        // SAFETY: This task's own; an interrupt leaves it as it was.
        unsafe { count.write_volatile(count.read_volatile() + 1) };
    }
    compiler_barrier();
}

/// # Safety
///
/// Preemption must have been turned off by [`preempt_disable()`] once more than on again.
#[inline(always)]
pub(super) unsafe fn preempt_enable() {
    compiler_barrier();
    if cfg!(CONFIG_PREEMPT_COUNT) {
        let count = Cpu::this().preempt_count();
        // SAFETY: This task's own; it takes away what was added (contract).
        unsafe { count.write_volatile(count.read_volatile() - 1) };
    }
}
