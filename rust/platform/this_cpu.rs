// SPDX-License-Identifier: GPL-2.0

//! What a call needs of the CPU that it runs on: may it sleep, stay here, store a pointer.
//!
//! This is the whole of the hot path below [`crate::api`], so x86_64 has it in a few instructions,
//! and user-mode Linux in a few calls; other architectures call the kernel's inline functions through
//! helpers, as does a kernel with KCSAN, which sees no access that assembly makes. All offer the same:
//!
//! - `may_block()`: nothing forbids this code to sleep, and the `Cpu` that was found on the way,
//! - `in_nmi()`: an NMI has been broken into,
//! - `preempt_disable()` and `preempt_enable()`,
//! - `this_cpu_ptr()`: this CPU's instance,
//! - `Here`: access to this CPU's [`Cursor`]s.
//!
//! A `Cpu` is this one until the code sleeps. Where it can be preempted, nothing is known.

use core::marker::PhantomData;

use kernel::{
    cpu::CpuId,
    page::PAGE_SIZE,
    types::NotThreadSafe, //
};

use crate::{
    bindings,
    object::{
        Channel,
        Object, //
    },
    page::cursor::Cursor, //
};

#[cfg_attr(
    all(
        CONFIG_X86_64,
        CONFIG_SMP,
        CONFIG_HAS_SEPARATE_PREEMPT_RESCHED_BITS,
        not(any(CONFIG_UML, CONFIG_KCSAN))
    ),
    path = "this_cpu/x86_64.rs"
)]
#[cfg_attr(
    all(CONFIG_UML, CONFIG_SMP, not(any(CONFIG_PREEMPTION, CONFIG_KCSAN))),
    path = "this_cpu/um.rs"
)]
#[cfg_attr(
    not(any(
        all(
            CONFIG_X86_64,
            CONFIG_SMP,
            CONFIG_HAS_SEPARATE_PREEMPT_RESCHED_BITS,
            not(any(CONFIG_UML, CONFIG_KCSAN))
        ),
        all(CONFIG_UML, CONFIG_SMP, not(any(CONFIG_PREEMPTION, CONFIG_KCSAN)))
    )),
    path = "this_cpu/generic.rs"
)]
mod arch;

/// Proof that code runs in task context with interrupts on.
///
/// Such code, once it has turned preemption off, has its CPU to itself as far as other tasks go;
/// interrupts that break in have no such proof. It is what makes a lock on per-CPU data that only
/// tasks use unnecessary.
///
/// # Invariants
///
/// The code that holds it isn't in an NMI, an interrupt or a softirq that has interrupted a task,
/// and has interrupts on. Code that has no other preemption off has one of them, not two.
pub(crate) struct Task(PhantomData<NotThreadSafe>);

impl Task {
    /// Looks whether this code may sleep, and therefore is a task's.
    ///
    /// What the kernel doesn't keep count of can't be seen: without `CONFIG_PREEMPT_COUNT` a held
    /// spinlock, without `CONFIG_PREEMPT_RCU` besides an RCU read-side critical section.
    ///
    /// # Context
    ///
    /// Any context.
    #[inline(always)]
    pub(crate) fn may_block() -> Option<Self> {
        // INVARIANT: Interrupts of any kind count as preemption being off.
        arch::may_block().map(|_| Self(PhantomData))
    }

    /// Makes the proof for code that is known to be a task's.
    ///
    /// # Safety
    ///
    /// The code must run in task context with interrupts on as long as it uses the proof, and have
    /// no other one.
    pub(crate) const unsafe fn assume() -> Self {
        // INVARIANT: The contract.
        Self(PhantomData)
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
    arch::this_cpu_ptr(base.cast()).cast()
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
/// Preemption is off because of this value, and the code is a task's.
pub(crate) struct Pin<'a> {
    here: arch::Here,
    _task: PhantomData<&'a mut Task>,
}

impl<'a> Pin<'a> {
    /// Turns preemption off.
    #[inline(always)]
    pub(crate) fn new(_: &'a mut Task) -> Self {
        Self::on(arch::Cpu::this())
    }

    /// Turns preemption off if this code may sleep, as [`Task::may_block()`] finds out. It must
    /// have no [`Task`] then: this is in the place of one.
    ///
    /// # Context
    ///
    /// Any context.
    #[inline(always)]
    pub(crate) fn if_may_block() -> Option<Self> {
        // INVARIANT: What may block is a task's.
        arch::may_block().map(Self::on)
    }

    #[inline(always)]
    fn on(cpu: arch::Cpu) -> Self {
        unless_mutant!("preemption_on", arch::preempt_disable());
        Self {
            // SAFETY: Preemption is off, the CPU is this one and the code is a task's: that of who
            // calls this.
            here: unsafe { arch::Here::new(cpu) },
            // INVARIANT: Just turned off; undone by the drop alone.
            _task: PhantomData,
        }
    }

    /// Stores a pointer in this CPU's open page of `channel`. Returns whether there was room.
    ///
    /// # Safety
    ///
    /// `object` must be the caller's to give away, to be freed in the way of `channel`.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, channel: Channel, object: Object) -> bool {
        let at = self.here.load(channel);
        if at.addr() % PAGE_SIZE == 0 {
            return false;
        }
        // SAFETY: By the cursor's invariant this is a place in an open page that it owns, and by
        // the type invariant nobody else changes either meanwhile.
        unsafe { at.write(object) };
        // SAFETY: One place on is in the page or its end. INVARIANT: The page has one pointer more,
        // which is to be freed in the way of its channel (contract).
        unsafe { self.here.advance(channel, at) };
        true
    }

    /// Stores pointers in this CPU's open page of `channel` as long as they are `good` and there is
    /// room. Returns how many.
    ///
    /// # Safety
    ///
    /// As for [`Self::push()`], for each that is `good`.
    #[inline(always)]
    pub(crate) unsafe fn push_while(
        &self,
        channel: Channel,
        objects: &[Object],
        good: impl Fn(Object) -> bool,
    ) -> usize {
        let start = self.here.load(channel);
        // Up to the end of the page; none if it is there, or nowhere.
        let room = start.addr().wrapping_neg() % PAGE_SIZE / size_of::<Object>();
        let objects = objects.get(..room).unwrap_or(objects);
        // What isn't good is stored as well, but the cursor stays before it.
        let put = |i, object| {
            // SAFETY: There is room for all of them, in a page as in `push()`.
            unsafe { start.add(i).write(object) };
            good(object)
        };
        let nr = 'stored: {
            // By fours, for less of a loop.
            let fours = objects.chunks_exact(4);
            let (in_fours, rest) = (4 * fours.len(), fours.remainder());
            for (i, four) in fours.enumerate() {
                for (j, &object) in four.iter().enumerate() {
                    if !put(4 * i + j, object) {
                        break 'stored 4 * i + j;
                    }
                }
            }
            for (j, &object) in rest.iter().enumerate() {
                if !put(in_fours + j, object) {
                    break 'stored in_fours + j;
                }
            }
            objects.len()
        };
        // SAFETY: One after the last that is good is in the page or its end.
        let at = unsafe { start.add(nr) };
        // SAFETY: So many pointers have been stored. INVARIANT: The page has them all, to be freed
        // in the way of its channel (contract).
        unsafe { self.here.set(channel, at) };
        nr
    }
}

impl Drop for Pin<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if !mutant!("preemption_on") {
            // SAFETY: By the type invariant preemption is off because of this value.
            unsafe { arch::preempt_enable() };
        }
    }
}

/// One CPU's cursors, one for each channel.
pub(crate) type Cursors = [Cursor; Channel::COUNT];

/// The cursors of a CPU.
///
/// They are the module's own static per-CPU data, so that the hot path finds them without a
/// pointer, and the same for as long as it is loaded.
pub(crate) fn cursors_of(cpu: CpuId) -> &'static Cursors {
    // SAFETY: Sound to call for a CPU that is possible, and a `CpuId` here always is. The memory
    // is zero at first, which are cursors without a page, and lasts as long as the module does;
    // a cursor has the layout of the pointer that C declares.
    unsafe { &*bindings::rcu_headless_helper_cursors_of(cpu.as_u32()).cast() }
}
