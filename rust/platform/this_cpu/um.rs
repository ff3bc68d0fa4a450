// SPDX-License-Identifier: GPL-2.0

//! For user-mode Linux, where kernel code isn't preempted: the same with no more calls than it takes
//! to find the CPU and to see whether interrupts are on.
//!
//! C headers: `arch/um/include/asm/{current,irqflags,smp}.h`, `include/asm-generic/preempt.h`.

use kernel::{
    asm,
    bindings::task_struct,
    ffi::c_int, //
};

use crate::{
    bindings,
    object::{
        Channel,
        Object, //
    },
    page::cursor::Cursor,
    platform::this_cpu::Cursors, //
};

extern "C" {
    fn uml_curr_cpu() -> c_int;
    fn um_get_signals() -> c_int;
    // Pointers to tasks, and offsets: one for each CPU that there can be.
    static cpu_tasks: usize;
    static __per_cpu_offset: usize;
    // Per-CPU data, for its address only.
    static rcu_headless_cursors: Cursors;
}

/// The number of this CPU. As nobody is preempted, it is this one until the code sleeps.
pub(super) struct Cpu(usize);

impl Cpu {
    #[inline(always)]
    pub(super) fn this() -> Self {
        // SAFETY: Always sound to call.
        Self(unsafe { uml_curr_cpu() as usize })
    }

    /// The count of reasons not to preempt, of the task that runs here.
    #[inline(always)]
    fn preempt_count(&self) -> *mut c_int {
        let tasks: *const *const task_struct = (&raw const cpu_tasks).cast();
        // SAFETY: There is a task for each CPU.
        let task = unsafe { tasks.add(self.0).read_volatile() };
        // SAFETY: It is this one, which is alive.
        unsafe { &raw const (*task).thread_info.preempt_count }.cast_mut()
    }

    /// Where its instance is of what was allocated for each CPU.
    #[inline(always)]
    fn per_cpu_ptr(&self, base: *mut u8) -> *mut u8 {
        // SAFETY: There is an offset for each CPU.
        base.wrapping_add(unsafe { (&raw const __per_cpu_offset).add(self.0).read() })
    }
}

#[inline(always)]
pub(super) fn may_block() -> Option<Cpu> {
    let cpu = Cpu::this();
    // SAFETY: Only the task itself writes to it. Always sound to call.
    (unsafe { cpu.preempt_count().read_volatile() == 0 && um_get_signals() != 0 }).then_some(cpu)
}

#[inline(always)]
pub(super) fn in_nmi() -> bool {
    // SAFETY: Always sound to call.
    unsafe { bindings::rcu_headless_helper_in_nmi() }
}

#[inline(always)]
pub(super) fn this_cpu_ptr(base: *mut u8) -> *mut u8 {
    Cpu::this().per_cpu_ptr(base)
}

#[inline(always)]
fn compiler_barrier() {
    // SAFETY: It does nothing.
    unsafe { asm!(""; options(nostack, preserves_flags)) };
}

#[inline(always)]
pub(super) fn preempt_disable() {
    if cfg!(CONFIG_PREEMPT_COUNT) {
        let count = Cpu::this().preempt_count();
        // SAFETY: This task's own; whoever breaks in leaves it as it was.
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
        // SAFETY: As above; it takes away what was added (contract).
        unsafe { count.write_volatile(count.read_volatile() - 1) };
    }
}

/// The cursors of the CPU that this code runs on and stays on: where the first is.
pub(super) struct Here(*mut Cursor);

impl Here {
    /// # Safety
    ///
    /// The CPU must be this one, the code a task's and preemption off, as long as the value is used.
    #[inline(always)]
    pub(super) unsafe fn new(cpu: Cpu) -> Self {
        let first: *const Cursor = (&raw const rcu_headless_cursors).cast();
        Self(cpu.per_cpu_ptr(first.cast_mut().cast()).cast())
    }

    #[inline(always)]
    fn cursor(&self, channel: Channel) -> &Cursor {
        // SAFETY: There are that many cursors on each CPU, as long as the module is loaded.
        unsafe { &*self.0.add(channel as usize) }
    }

    /// Where the next pointer of a channel goes.
    #[inline(always)]
    pub(super) fn load(&self, channel: Channel) -> *mut Object {
        self.cursor(channel).get()
    }

    /// Moves the channel's cursor one place on from `at`.
    ///
    /// # Safety
    ///
    /// The pointer at `at` must have been stored, and `at` what `load()` has returned.
    #[inline(always)]
    pub(super) unsafe fn advance(&self, channel: Channel, at: *mut Object) {
        // SAFETY: There is a place at `at` (contract), so this is inside the page or its end.
        let next = unsafe { at.add(1) };
        // SAFETY: The contract.
        unsafe { self.set(channel, next) };
    }

    /// Moves the channel's cursor to `at`.
    ///
    /// # Safety
    ///
    /// That must be farther on in the same page or its end, and all up to there have been stored.
    #[inline(always)]
    pub(super) unsafe fn set(&self, channel: Channel, at: *mut Object) {
        // SAFETY: The code has the cursor to itself (contract of `new()`).
        unsafe { self.cursor(channel).set(at) };
    }
}
