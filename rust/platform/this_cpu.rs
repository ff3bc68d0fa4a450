// SPDX-License-Identifier: GPL-2.0

//! What code may do on the CPU that it runs on: sleep, stay, have it to itself.
//!
//! This is most of a call's fast path, so x86_64 and arm64 have it in a few instructions, and
//! user-mode Linux in a few calls; other architectures call the kernel's inline functions through
//! helpers, as does a kernel that has to see what is done there, for KCSAN or the preemption
//! tracers. `Kbuild` says which it is. All offer the same:
//!
//! - `may_block()`: nothing forbids this code to sleep, and the `Cpu` that was found on the way,
//! - `in_nmi()`: an NMI has interrupted,
//! - `preempt_disable()` and `preempt_enable()`, and `preempt_disable_first()` for where preemption
//!   is known to be on,
//! - `Cpu`: this one until the code sleeps, and where its per-CPU data is. Where code can be
//!   preempted, a `Cpu` knows nothing.

use core::marker::PhantomData;

use kernel::types::NotThreadSafe;

use crate::bindings;

#[cfg_attr(rcu_headless_cpu = "x86_64", path = "this_cpu/x86_64.rs")]
#[cfg_attr(rcu_headless_cpu = "arm64", path = "this_cpu/arm64.rs")]
#[cfg_attr(rcu_headless_cpu = "um", path = "this_cpu/um.rs")]
#[cfg_attr(rcu_headless_cpu = "generic", path = "this_cpu/generic.rs")]
mod arch;

/// Code that may turn out to be a task's.
///
/// What proves that it is ([`TaskContext`], [`OnThisCpu`]) is made from this value and borrows or
/// consumes it, so that there is one proof at a time.
///
/// # Invariants
///
/// The function that holds it, and those that it hands it or a proof made from it, have no other
/// one and no [`TaskContext`]. Code that one of these enters through the kernel may have one of its
/// own: an interrupt, reclaim, a probe. While there is an [`OnThisCpu`] preemption is off, and so
/// such code gets no proof.
pub(crate) struct Code(PhantomData<NotThreadSafe>);

impl Code {
    /// For code that begins here.
    ///
    /// # Safety
    ///
    /// The code must have been entered from outside of this module, and have no other one and no
    /// [`TaskContext`].
    #[inline(always)]
    pub(crate) const unsafe fn begin() -> Self {
        // INVARIANT: There is no other one (contract).
        Self(PhantomData)
    }

    /// Looks whether this code may sleep, and therefore is a task's.
    ///
    /// What the kernel doesn't keep count of can't be seen: without `CONFIG_PREEMPT_COUNT` a held
    /// spinlock, without `CONFIG_PREEMPT_RCU` an RCU read-side critical section as well.
    ///
    /// # Context
    ///
    /// Any context.
    #[inline(always)]
    pub(crate) fn may_block(&mut self) -> Option<TaskContext<'_>> {
        // INVARIANT: Interrupts of any kind count as preemption being off. There is no other proof:
        // it would borrow this value.
        arch::may_block().map(|_| TaskContext(PhantomData, PhantomData))
    }

    /// Stays on this CPU if the code may sleep, as [`Self::may_block()`] finds out.
    ///
    /// # Context
    ///
    /// Any context.
    #[inline(always)]
    pub(crate) fn stay(self) -> Result<OnThisCpu<Self>, Self> {
        match arch::may_block() {
            // SAFETY: `may_block()` has just said so.
            // INVARIANT: What may block is a task's, and this value has no proof made from it.
            Some(cpu) => Ok(OnThisCpu::on(cpu, self, unsafe { NoPreempt::first() })),
            None => Err(self),
        }
    }
}

/// Proof that code runs in task context with interrupts on.
///
/// Such code, once it has turned preemption off, has its CPU to itself as far as other tasks go;
/// interrupts that break in have no such proof. It is what makes a lock on per-CPU data that only
/// tasks use unnecessary.
///
/// # Invariants
///
/// The code that holds it isn't in an NMI, an interrupt or a softirq that has interrupted a task,
/// and has interrupts on. As with [`Code`], it is the only one of the functions that share it, and
/// code that has been entered while there is an [`OnThisCpu`] has none.
pub(crate) struct TaskContext<'a>(PhantomData<&'a mut Code>, PhantomData<NotThreadSafe>);

impl TaskContext<'_> {
    /// Makes the proof for code that is known to be a task's.
    ///
    /// # Safety
    ///
    /// The code must have been entered from outside of this module, with preemption on, run in task
    /// context with interrupts on as long as it uses the proof, and have no other one, nor a
    /// [`Code`].
    pub(crate) const unsafe fn assume() -> Self {
        // INVARIANT: The contract says the same.
        Self(PhantomData, PhantomData)
    }
}

/// Whether interrupts, softirqs or preemption are off, or this is an interrupt.
pub(crate) fn in_atomic() -> bool {
    // SAFETY: It reads this CPU's state and has no requirement.
    unsafe { bindings::rcu_headless_helper_in_atomic() }
}

/// Whether an NMI has been broken into: nothing may be done there that takes a lock.
#[inline(always)]
pub(crate) fn in_nmi() -> bool {
    arch::in_nmi()
}

/// Where this CPU's instance is of what was allocated for each CPU; a moment later it may be
/// another's, unless preemption is off.
#[inline(always)]
pub(crate) fn this_cpu_ptr<T>(base: *mut T) -> *mut T {
    arch::Cpu::this().this_cpu_ptr(base.cast()).cast()
}

/// Preemption is off while this lives, in any context: the code stays on its CPU, and is an RCU
/// reader.
///
/// # Invariants
///
/// Preemption is off because of this value.
pub(crate) struct NoPreempt(PhantomData<NotThreadSafe>);

impl NoPreempt {
    /// Turns preemption off.
    #[inline(always)]
    pub(crate) fn new() -> Self {
        arch::preempt_disable();
        // INVARIANT: Just turned off; undone by the drop alone.
        Self(PhantomData)
    }

    /// Turns preemption off where nothing else has.
    ///
    /// # Safety
    ///
    /// Preemption must be on.
    #[inline(always)]
    unsafe fn first() -> Self {
        // SAFETY: The contract says the same.
        unsafe { arch::preempt_disable_first() };
        // INVARIANT: Just turned off; undone by the drop alone.
        Self(PhantomData)
    }
}

impl Drop for NoPreempt {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: By the type invariant preemption is off because of this value.
        unsafe { arch::preempt_enable() };
    }
}

/// The code that has this stays on its CPU, and no other task runs there.
///
/// # Invariants
///
/// Preemption is off because of this value, the code is a task's, and `cpu` the one that it runs
/// on. There is no other one on this CPU: `proof` is the code's only one, owned or borrowed
/// mutably, and code that breaks in finds preemption off.
pub(crate) struct OnThisCpu<P> {
    cpu: arch::Cpu,
    proof: P,
    _off: NoPreempt,
}

/// Stands for a [`TaskContext`] that is borrowed.
pub(crate) struct Lent<'a>(PhantomData<&'a mut Code>);

impl<'a> OnThisCpu<Lent<'a>> {
    /// Turns preemption off.
    #[inline(always)]
    pub(crate) fn new(_: &'a mut TaskContext<'_>) -> Self {
        // INVARIANT: There is a proof, and it is borrowed.
        Self::on(arch::Cpu::this(), Lent(PhantomData), NoPreempt::new())
    }
}

impl<P> OnThisCpu<P> {
    #[inline(always)]
    fn on(cpu: arch::Cpu, proof: P, off: NoPreempt) -> Self {
        // INVARIANT: Preemption is off, so that the CPU stays the one it is.
        Self {
            cpu,
            proof,
            _off: off,
        }
    }

    /// Lets the code be preempted again.
    #[inline(always)]
    pub(crate) fn leave(self) -> P {
        self.proof
    }

    /// Where this CPU's instance is of what was allocated for each CPU.
    #[inline(always)]
    pub(crate) fn this_cpu_ptr<T>(&self, base: *mut T) -> *mut T {
        self.cpu.this_cpu_ptr(base.cast()).cast()
    }
}
