// SPDX-License-Identifier: GPL-2.0

//! For arm64: the same as the kernel's inline functions, in line.
//!
//! `sp_el0` points at the task that runs, and the task has the count of reasons not to preempt:
//! the lower half of a word whose upper half is zero when somebody else should run. Where this
//! CPU's data is another register says.
//!
//! C headers: `arch/arm64/include/asm/{current,irqflags,percpu,preempt}.h`

use kernel::{
    asm,
    bindings::{
        task_struct,
        thread_info, //
    }, //
};

use crate::bindings;

#[cfg(CONFIG_PREEMPTION)]
extern "C" {
    // Where to go when somebody else wants to run.
    #[cfg_attr(CONFIG_PREEMPT_DYNAMIC, link_name = "dynamic_preempt_schedule")]
    fn preempt_schedule();
}

/// The bits of the count that are there in an NMI.
const NMI_MASK: u32 = bindings::RCU_HEADLESS_NMI_MASK;

/// The interrupt flag in the register of what is masked.
#[cfg(not(CONFIG_ARM64_PSEUDO_NMI))]
const PSR_I_BIT: usize = 1 << 7;

/// Nothing: this code can be preempted, and the register knows.
pub(super) struct Cpu;

impl Cpu {
    #[inline(always)]
    pub(super) fn this() -> Self {
        Self
    }

    #[inline(always)]
    pub(super) fn this_cpu_ptr(&self, base: *mut u8) -> *mut u8 {
        let offset: usize;
        // SAFETY: Reads a register that tells how far this CPU's instances are from where they are
        // said to be. It isn't `pure`, so the compiler moves it across no other assembly, and to
        // no other CPU.
        unsafe {
            asm!(
                include!(env!("RCU_HEADLESS_ARM64_OFFSET"));
                offset = out(reg) offset,
                options(nomem, nostack, preserves_flags),
            )
        };
        base.wrapping_add(offset)
    }
}

/// The task that runs here.
#[inline(always)]
fn current() -> *mut task_struct {
    let task;
    // SAFETY: Reads a register that is the same for as long as a task runs.
    unsafe {
        asm!(
            "mrs {task}, sp_el0";
            task = out(reg) task,
            options(pure, nomem, nostack, preserves_flags),
        )
    };
    task
}

#[inline(always)]
fn info() -> *mut thread_info {
    // SAFETY: The task that runs is alive.
    unsafe { &raw mut (*current()).thread_info }
}

/// The count alone.
#[inline(always)]
fn preempt_count() -> *mut u32 {
    // SAFETY: The task that runs is alive, and either way of looking at the word is right.
    unsafe { &raw mut (*info()).__bindgen_anon_1.preempt.count }
}

/// The count, and above it whether nobody else should run.
#[cfg(CONFIG_PREEMPTION)]
#[inline(always)]
fn preempt_word() -> *mut u64 {
    // SAFETY: The task that runs is alive, and either way of looking at the word is right.
    unsafe { &raw mut (*info()).__bindgen_anon_1.preempt_count }
}

#[inline(always)]
pub(super) fn may_block() -> Option<Cpu> {
    // SAFETY: This task's own, which an interrupt leaves as it was.
    let off = unsafe { preempt_count().read_volatile() };
    (off | reader_nesting() == 0 && interrupts_are_on()).then_some(Cpu)
}

#[cfg(not(CONFIG_ARM64_PSEUDO_NMI))]
#[inline(always)]
fn interrupts_are_on() -> bool {
    let masked: usize;
    // SAFETY: Reads the register of what is masked on this CPU.
    unsafe {
        asm!(
            "mrs {masked}, daif";
            masked = out(reg) masked,
            options(nomem, nostack, preserves_flags),
        )
    };
    masked & PSR_I_BIT == 0
}

/// Where NMIs are made of priorities, only the booted kernel knows how interrupts are masked. Its
/// inline function does what is right.
#[cfg(CONFIG_ARM64_PSEUDO_NMI)]
#[inline(always)]
fn interrupts_are_on() -> bool {
    // SAFETY: It reads the state of this CPU, and has no requirement.
    !unsafe { bindings::rcu_headless_helper_irqs_disabled() }
}

/// How many RCU read-side critical sections this code is in that don't count as preemption off.
#[cfg(CONFIG_PREEMPT_RCU)]
#[inline(always)]
fn reader_nesting() -> u32 {
    // SAFETY: Reads a field of the task that runs, which alone writes to it.
    unsafe { (&raw const (*current()).rcu_read_lock_nesting).read_volatile() as u32 }
}

#[cfg(not(CONFIG_PREEMPT_RCU))]
#[inline(always)]
fn reader_nesting() -> u32 {
    0
}

#[inline(always)]
pub(super) fn in_nmi() -> bool {
    // SAFETY: This task's own, which an interrupt leaves as it was.
    unsafe { preempt_count().read_volatile() & NMI_MASK != 0 }
}

#[inline(always)]
fn compiler_barrier() {
    // SAFETY: There is no instruction in it.
    unsafe { asm!(""; options(nostack, preserves_flags)) };
}

/// # Safety
///
/// Preemption must be on: the count is zero, and isn't read again.
#[inline(always)]
pub(super) unsafe fn preempt_disable_first() {
    #[cfg(CONFIG_PREEMPT_COUNT)]
    // SAFETY: This task's own; an interrupt leaves it as it was.
    unsafe {
        preempt_count().write_volatile(1)
    };
    compiler_barrier();
}

#[inline(always)]
pub(super) fn preempt_disable() {
    #[cfg(CONFIG_PREEMPT_COUNT)]
    // SAFETY: This task's own; an interrupt leaves it as it was.
    unsafe {
        let count = preempt_count();
        count.write_volatile(count.read_volatile().wrapping_add(1));
    }
    compiler_barrier();
}

/// # Safety
///
/// Preemption must have been turned off by [`preempt_disable()`] once more than on again.
#[inline(always)]
pub(super) unsafe fn preempt_enable() {
    compiler_barrier();
    #[cfg(CONFIG_PREEMPT_COUNT)]
    // SAFETY: This task's own; it takes away what was added (contract). The upper half isn't
    // written, since an interrupt may make it zero meanwhile.
    unsafe {
        let count = preempt_count();
        count.write_volatile(count.read_volatile().wrapping_sub(1));
    }
    #[cfg(CONFIG_PREEMPTION)]
    // SAFETY: Reads this task's own word: both halves are zero when somebody else should run and
    // nothing forbids it any more.
    unsafe {
        if preempt_word().read_volatile() == 0 {
            preempt_schedule();
        }
    }
}
