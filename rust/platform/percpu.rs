// SPDX-License-Identifier: GPL-2.0

//! Per-CPU storage that is reached only by its own CPU, plus a part that all may read.
//!
//! A slot has two parts. The local part belongs to tasks that run on the slot's CPU with preemption
//! off; such code holds an [`Owner`]. Interrupts can't have one, since it takes a [`TaskContext`]. The
//! shared part can be borrowed from anywhere.
//!
//! C header: [`include/linux/percpu.h`](srctree/include/linux/percpu.h)

use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    ops::{
        Deref,
        DerefMut, //
    },
    ptr::NonNull, //
};

use kernel::{
    alloc::AllocError,
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    ffi::c_void,
    prelude::*, //
};

use crate::{
    bindings,
    platform::this_cpu::{
        this_cpu_ptr,
        Lent,
        OnThisCpu,
        TaskContext, //
    }, //
};

/// One CPU's element of a [`PerCpu`].
///
/// The order of the fields is the order in which they go: what works for the CPU is in `shared`, and
/// uses `local` until it is gone.
#[pin_data]
pub(crate) struct Slot<L, S> {
    #[pin]
    shared: S,
    local: UnsafeCell<L>,
    cpu: CpuId,
}

impl<L, S> Slot<L, S> {
    /// The part that any CPU may look at.
    pub(crate) fn shared(&self) -> &S {
        &self.shared
    }

    /// The CPU that this slot belongs to.
    pub(crate) fn cpu(&self) -> CpuId {
        self.cpu
    }

    /// Whether the slot's CPU is running, at the moment of the call.
    pub(crate) fn is_online(&self) -> bool {
        is_online(self.cpu)
    }

    /// Takes the slot if this code runs on its CPU.
    ///
    /// # Context
    ///
    /// Process context. Preemption is off until the owner is dropped.
    pub(crate) fn try_own<'a>(&'a self, task: &'a mut TaskContext<'_>) -> Option<Owner<'a, L, S>> {
        let here = OnThisCpu::new(task);
        if CpuId::current().as_u32() != self.cpu.as_u32() {
            return None;
        }
        // INVARIANT: Preemption is off and this is the slot of this CPU.
        Some(Owner { slot: self, here })
    }

    /// Takes the slot of a CPU that is gone.
    ///
    /// # Safety
    ///
    /// The slot's CPU must be offline, must stay so while the owner lives, and nobody else may
    /// call this for the same slot meanwhile.
    pub(crate) unsafe fn own_dead<'a>(&'a self, task: &'a mut TaskContext<'_>) -> Owner<'a, L, S> {
        // INVARIANT: Preemption is off; the rest is the contract.
        Owner {
            slot: self,
            here: OnThisCpu::new(task),
        }
    }
}

/// The right to use a slot's local part.
///
/// # Invariants
///
/// The code is a task's with preemption off; the slot is this CPU's, or its CPU is dead and nobody
/// else stands in for it. There is no other owner of the slot: for another task to have one it
/// would have to run on the same CPU, and this task's [`TaskContext`] is lent to this one.
pub(crate) struct Owner<'a, L, S> {
    slot: &'a Slot<L, S>,
    here: OnThisCpu<Lent<'a>>,
}

impl<'a, L, S> Owner<'a, L, S> {
    /// The shared part of the same slot.
    #[inline]
    pub(crate) fn shared(&self) -> &'a S {
        self.slot.shared()
    }

    /// The CPU whose slot this is.
    pub(crate) fn cpu(&self) -> CpuId {
        self.slot.cpu
    }

    /// What keeps the code where it is.
    #[inline]
    pub(crate) fn here(&self) -> &OnThisCpu<Lent<'a>> {
        &self.here
    }
}

impl<L, S> Deref for Owner<'_, L, S> {
    type Target = L;

    fn deref(&self) -> &L {
        // SAFETY: By the type invariants no other owner of this slot exists.
        unsafe { &*self.slot.local.get() }
    }
}

impl<L, S> DerefMut for Owner<'_, L, S> {
    fn deref_mut(&mut self) -> &mut L {
        // SAFETY: By the type invariants no other owner of this slot exists, and `self` is
        // borrowed mutably.
        unsafe { &mut *self.slot.local.get() }
    }
}

/// A slot for each possible CPU.
///
/// # Invariants
///
/// `base` is a per-CPU allocation whose instance for each of the first `nr` possible CPUs holds a
/// valid slot that is pinned there, with `cpu` naming that CPU. These are all of them, but for the
/// time that it is made.
pub(crate) struct PerCpu<L, S> {
    base: NonNull<Slot<L, S>>,
    nr: usize,
    _owns: PhantomData<Slot<L, S>>,
}

// SAFETY: Local parts move between CPUs only in the sense that code of several threads uses them
// one after another, which `L: Send` allows.
unsafe impl<L: Send, S: Send> Send for PerCpu<L, S> {}
// SAFETY: A shared `PerCpu` hands out `&S` to all, and `&mut L` to one at a time.
unsafe impl<L: Send, S: Sync> Sync for PerCpu<L, S> {}

impl<L: Default, S> PerCpu<L, S> {
    /// Allocates the slots and initialises the shared parts, one after another.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new<I: PinInit<S>>(
        mut shared_of: impl FnMut(CpuId) -> Result<I>,
    ) -> Result<Self> {
        let layout = core::alloc::Layout::new::<Slot<L, S>>();
        // SAFETY: It allocates, in process context (contract), and has no other requirement.
        let base =
            unsafe { bindings::rcu_headless_helper_alloc_percpu(layout.size(), layout.align()) };
        let base = NonNull::new(base.cast()).ok_or(AllocError)?;
        // INVARIANT: No slot is valid yet, and none is counted.
        let mut this = Self {
            base,
            nr: 0,
            _owns: PhantomData,
        };
        for cpu in possible_cpus() {
            let shared = shared_of(cpu)?;
            let init = pin_init!(Slot {
                shared <- shared,
                local: UnsafeCell::new(L::default()),
                cpu,
            });
            // SAFETY: The place is allocated, aligned and nobody else's; it is never moved and is
            // dropped in place. The error type has no values.
            let Ok(()) = unsafe { init.__init(this.slot_ptr(cpu)) };
            // INVARIANT: One more is valid.
            this.nr += 1;
        }
        Ok(this)
    }
}

impl<L, S> PerCpu<L, S> {
    fn slot_ptr(&self, cpu: CpuId) -> *mut Slot<L, S> {
        // SAFETY: `base` is a per-CPU allocation and `cpu` a valid CPU.
        unsafe {
            bindings::rcu_headless_helper_per_cpu_ptr(self.base.as_ptr().cast(), cpu.as_u32())
        }
        .cast()
    }

    /// All slots, whether their CPUs are online or not.
    pub(crate) fn slots(&self) -> impl Iterator<Item = &Slot<L, S>> {
        possible_cpus().map(|cpu| {
            // SAFETY: By the type invariants there is a valid slot, which lives as long as `self`
            // and is only ever borrowed shared.
            unsafe { &*self.slot_ptr(cpu) }
        })
    }

    /// The slot of one CPU, if there can be such a CPU.
    pub(crate) fn slot(&self, cpu: CpuId) -> Option<&Slot<L, S>> {
        // SAFETY: By the type invariants there is a valid slot for a possible CPU, which lives as
        // long as `self` and is only ever borrowed shared.
        is_possible(cpu.as_u32()).then(|| unsafe { &*self.slot_ptr(cpu) })
    }

    /// The slot of the CPU that this code runs on, or has run on a moment ago.
    #[inline(always)]
    pub(crate) fn nearby_slot(&self) -> &Slot<L, S> {
        // SAFETY: The CPU that code runs on is possible, so by the type invariants there is a valid
        // slot, which lives as long as `self` and is only ever borrowed shared.
        unsafe { &*this_cpu_ptr(self.base.as_ptr()) }
    }

    /// Takes the slot of the CPU that this code runs on.
    ///
    /// # Context
    ///
    /// Process context. Preemption is off until the owner is dropped.
    #[inline]
    pub(crate) fn own_this_cpu<'a>(&'a self, task: &'a mut TaskContext<'_>) -> Owner<'a, L, S> {
        let here = OnThisCpu::new(task);
        // SAFETY: The CPU that code runs on is possible, so by the type invariants there is a valid
        // slot, which lives as long as `self` and is only ever borrowed shared.
        let slot = unsafe { &*here.this_cpu_ptr(self.base.as_ptr()) };
        // INVARIANT: Preemption is off and this is the slot of this CPU.
        Owner { slot, here }
    }
}

impl<L, S> Drop for PerCpu<L, S> {
    fn drop(&mut self) {
        for cpu in possible_cpus().take(self.nr) {
            // SAFETY: By the type invariants there is a valid slot; nobody borrows it any more,
            // and it isn't used again.
            unsafe { core::ptr::drop_in_place(self.slot_ptr(cpu)) };
        }
        // SAFETY: `base` came from the per-CPU allocator and isn't used again.
        unsafe { kernel::bindings::free_percpu(self.base.as_ptr().cast()) };
    }
}

/// All CPUs that there can be.
pub(crate) fn possible_cpus() -> impl Iterator<Item = CpuId> {
    (0..nr_cpu_ids())
        .filter(|&cpu| is_possible(cpu))
        .filter_map(CpuId::from_u32)
}

/// Whether there can be such a CPU; the number is below `nr_cpu_ids`.
pub(crate) fn is_possible(cpu: u32) -> bool {
    // SAFETY: It looks into a mask that has a bit for each number below `nr_cpu_ids`, as those of
    // `CpuId` are.
    unsafe { bindings::rcu_headless_helper_cpu_possible(cpu) }
}

fn is_online(cpu: CpuId) -> bool {
    // SAFETY: It looks into a mask that has a bit for each valid CPU number.
    unsafe { bindings::rcu_headless_helper_cpu_online(cpu.as_u32()) }
}

/// What `per_cpu_ptr()` makes of an address.
pub(crate) fn per_cpu_address(address: usize, cpu: CpuId) -> usize {
    let base = address as *mut c_void;
    // SAFETY: Sound for a possible CPU, as a `CpuId` here is: it adds to the address.
    unsafe { bindings::rcu_headless_helper_per_cpu_ptr(base, cpu.as_u32()) }.addr()
}

/// Where this module's static per-CPU data of a CPU is.
pub(crate) fn own_address(cpu: CpuId) -> usize {
    // SAFETY: Sound for a possible CPU, as a `CpuId` here is: it computes an address.
    unsafe { bindings::rcu_headless_helper_cursors_of(cpu.as_u32()) }.addr()
}
