// SPDX-License-Identifier: GPL-2.0

//! For x86_64: the same in the instructions that the kernel's macros would come to, in line.
//!
//! `%gs` points at this CPU's data. The count of reasons not to preempt is the lower half of a
//! word whose top bit is clear when somebody else should run.
//!
//! C headers: [`arch/x86/include/asm/preempt.h`](srctree/arch/x86/include/asm/preempt.h),
//! [`arch/x86/include/asm/percpu.h`](srctree/arch/x86/include/asm/percpu.h)

use kernel::asm;

use crate::bindings;

extern "C" {
    // Per-CPU data, for their addresses relative to `%gs` only.
    static __preempt_count: usize;
    static this_cpu_off: usize;
    #[cfg(CONFIG_PREEMPT_RCU)]
    static const_current_task: usize;
}

#[cfg(CONFIG_PREEMPTION)]
extern "C" {
    // Where to go when somebody else wants to run; not a function by the C calling convention.
    #[cfg_attr(CONFIG_PREEMPT_DYNAMIC, link_name = "__SCT__preempt_schedule")]
    #[cfg_attr(not(CONFIG_PREEMPT_DYNAMIC), link_name = "preempt_schedule_thunk")]
    static SCHEDULE: u8;
}

/// The bits of the count that are there in an NMI.
const NMI_MASK: u32 = bindings::RCU_HEADLESS_NMI_MASK;

/// The interrupt flag in the flags register.
#[cfg(not(CONFIG_PARAVIRT_XXL))]
const X86_EFLAGS_IF: usize = 1 << 9;

/// Nothing: this code can be preempted, and `%gs` knows.
pub(super) struct Cpu;

impl Cpu {
    #[inline(always)]
    pub(super) fn this() -> Self {
        Self
    }

    #[inline(always)]
    pub(super) fn this_cpu_ptr(&self, mut base: *mut u8) -> *mut u8 {
        // SAFETY: Reads how far this CPU's instances are from where they are said to be.
        unsafe {
            asm!(
                "addq %gs:{offset}(%rip), {base}";
                offset = sym this_cpu_off,
                base = inout(reg) base,
                options(nostack, readonly),
            )
        };
        base
    }
}

#[inline(always)]
pub(super) fn may_block() -> Option<Cpu> {
    // What there is of either makes the sum of bits other than zero.
    let nesting = reader_nesting();
    // SAFETY: It reads this CPU's count, which is there on every CPU.
    unsafe {
        asm!(
            "orl %gs:{count}(%rip), {nesting:e}; jne {no}";
            count = sym __preempt_count,
            nesting = inout(reg) nesting => _,
            no = label { return None },
            options(nostack, readonly),
        )
    };
    interrupts_are_on().then_some(Cpu)
}

#[cfg(not(CONFIG_PARAVIRT_XXL))]
#[inline(always)]
fn interrupts_are_on() -> bool {
    let flags: usize;
    // SAFETY: Reads the flags by way of the stack. `nostack` is right although the stack is used:
    // what it promises is to leave the red zone alone, which kernel code doesn't have, and it
    // saves aligning the stack for a call that isn't made.
    unsafe {
        asm!(
            "pushfq; popq {flags}";
            flags = out(reg) flags,
            options(nostack, nomem, preserves_flags),
        )
    };
    flags & X86_EFLAGS_IF != 0
}

/// In a paravirtualised guest of Xen's the flags register doesn't say, and only when the kernel has
/// booted is it known whether this is one. Its inline function does what is right, by an
/// instruction that is patched.
#[cfg(CONFIG_PARAVIRT_XXL)]
#[inline(always)]
fn interrupts_are_on() -> bool {
    // SAFETY: It reads the state of this CPU, and has no requirement.
    !unsafe { bindings::rcu_headless_helper_irqs_disabled() }
}

/// How many RCU read-side critical sections this code is in that don't count as preemption off.
#[cfg(CONFIG_PREEMPT_RCU)]
#[inline(always)]
fn reader_nesting() -> u32 {
    let current: *const kernel::bindings::task_struct;
    // SAFETY: Reads a pointer that is the same for as long as a task runs.
    unsafe {
        asm!(
            "movq %gs:{current_task}(%rip), {current}";
            current_task = sym const_current_task,
            current = out(reg) current,
            options(nostack, pure, readonly, preserves_flags),
        )
    };
    // SAFETY: Reads a field of the current task, which is alive; only the task itself writes to it.
    unsafe { (&raw const (*current).rcu_read_lock_nesting).read_volatile() as u32 }
}

#[cfg(not(CONFIG_PREEMPT_RCU))]
#[inline(always)]
fn reader_nesting() -> u32 {
    0
}

#[inline(always)]
pub(super) fn in_nmi() -> bool {
    // SAFETY: It reads this CPU's count, which is there on every CPU.
    unsafe {
        asm!(
            "testl ${mask}, %gs:{count}(%rip); jne {yes}";
            mask = const NMI_MASK,
            count = sym __preempt_count,
            yes = label { return true },
            options(nostack, readonly),
        )
    };
    false
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
    #[cfg(CONFIG_PREEMPT_COUNT)]
    // SAFETY: Adds to this CPU's count; whoever breaks in leaves it as it was. As memory is not
    // declared untouched, the compiler moves no access across.
    unsafe {
        asm!("incq %gs:{count}(%rip)"; count = sym __preempt_count, options(nostack))
    };
}

/// Turns preemption on again, and calls the scheduler if it is due, with more operands for
/// [`asm!`].
///
/// # Safety
///
/// As for [`preempt_enable()`].
#[cfg(CONFIG_PREEMPTION)]
macro_rules! enable_or_schedule {
    ($($operands:tt)*) => {
        // What is taken from this CPU's count is what was added (contract). The word comes to zero
        // if nobody else needs preemption off and somebody wants to run; then this calls the
        // scheduler as the kernel's macro does, by way of a thunk that keeps all registers.
        asm!(
            "decq %gs:{count}(%rip); jne 2f; call {schedule}; 2:";
            count = sym __preempt_count,
            schedule = sym SCHEDULE,
            $($operands)*
            options(nostack),
        )
    };
}

/// # Safety
///
/// Preemption must have been turned off by [`preempt_disable()`] once more than on again.
#[inline(always)]
pub(super) unsafe fn preempt_enable() {
    #[cfg(all(CONFIG_PREEMPT_COUNT, not(CONFIG_PREEMPTION)))]
    // SAFETY: Takes from this CPU's count what was added (contract).
    unsafe {
        asm!("decq %gs:{count}(%rip)"; count = sym __preempt_count, options(nostack))
    };
    #[cfg(all(CONFIG_PREEMPTION, not(CONFIG_FRAME_POINTER)))]
    // SAFETY: By the contract of this function.
    unsafe {
        enable_or_schedule!()
    };
    // Where stacks are unwound by frame pointers, a function must have set up its frame before it
    // calls. The compiler doesn't see the call, but saves a register that the callee would have to
    // keep, and the frame comes before that. C names the stack pointer, which Rust can't.
    #[cfg(all(CONFIG_PREEMPTION, CONFIG_FRAME_POINTER))]
    // SAFETY: By the contract of this function.
    unsafe {
        enable_or_schedule!(out("r15") _,)
    };
}
