// SPDX-License-Identifier: GPL-2.0

//! Per-CPU storage that is reached only by its own CPU, plus a part that all may read.
//!
//! A slot has two parts. The local part belongs to code that runs on the slot's CPU with
//! preemption off and that found the slot idle; that code holds an [`Owner`]. An interrupt that
//! breaks in finds the slot busy and gets nothing. The shared part can be borrowed from anywhere.
//!
//! The busy flag needs no atomic instruction: only code on this CPU looks at it, and whoever
//! breaks in is done before the interrupted code goes on (as in the kernel's `local_trylock_t`).
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
    prelude::*,
    types::NotThreadSafe, //
};

use crate::bindings;

/// One CPU's element of a [`PerCpu`].
#[pin_data]
pub(crate) struct Slot<L, S> {
    local: UnsafeCell<L>,
    busy: UnsafeCell<bool>,
    cpu: CpuId,
    #[pin]
    shared: S,
}

impl<L, S> Slot<L, S> {
    /// The part that any CPU may look at.
    pub(crate) fn shared(&self) -> Pin<&S> {
        // SAFETY: `shared` is pinned as its slot is: slots never leave the place that
        // `PerCpu::new()` initialised them in, and are dropped there.
        unsafe { Pin::new_unchecked(&self.shared) }
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
    /// `None` when it runs on another CPU, or broke into code that owns the slot.
    ///
    /// # Context
    ///
    /// Any context but NMI. Preemption is off until the owner is dropped.
    pub(crate) fn try_own(&self) -> Option<Owner<'_, L, S>> {
        // SAFETY: Always sound to call. Paired with the drop of `pin` or of the owner.
        unsafe { bindings::rcu_headless_helper_preempt_disable() };
        let pin = PreemptOff(NotThreadSafe);
        if CpuId::current().as_u32() != self.cpu.as_u32() {
            return None;
        }
        // SAFETY: Preemption is off and this is the slot's CPU.
        unsafe { Owner::new(self, pin) }
    }

    /// Takes the slot of a CPU that is gone.
    ///
    /// # Safety
    ///
    /// The slot's CPU must be offline, must stay so while the owner lives, and nobody else may
    /// call this for the same slot meanwhile.
    pub(crate) unsafe fn own_dead(&self) -> Option<Owner<'_, L, S>> {
        // SAFETY: Always sound to call. Paired with the drop of the owner.
        unsafe { bindings::rcu_headless_helper_preempt_disable() };
        // SAFETY: The CPU runs no code and the caller is the only one to stand in for it.
        unsafe { Owner::new(self, PreemptOff(NotThreadSafe)) }
    }
}

/// Preemption is off while this lives.
struct PreemptOff(NotThreadSafe);

impl Drop for PreemptOff {
    fn drop(&mut self) {
        // SAFETY: Whoever made the value turned preemption off for it.
        unsafe { bindings::rcu_headless_helper_put_cpu() };
    }
}

/// The right to use a slot's local part.
///
/// # Invariants
///
/// Preemption is off; the slot is this CPU's, or its CPU is dead and nobody else stands in for
/// it; `slot.busy` is set and was set for this owner.
pub(crate) struct Owner<'a, L, S> {
    slot: &'a Slot<L, S>,
    _pin: PreemptOff,
}

impl<'a, L, S> Owner<'a, L, S> {
    /// # Safety
    ///
    /// The slot must be that of this CPU, or of a dead one that only the caller stands in for.
    #[inline]
    unsafe fn new(slot: &'a Slot<L, S>, pin: PreemptOff) -> Option<Self> {
        let busy = slot.busy.get();
        // SAFETY: Only code on this CPU touches the flag (contract of this function), and of two
        // such pieces of code one has broken into the other and ends before the other goes on.
        // Volatile, since that may happen between any two instructions.
        if unsafe { busy.read_volatile() } {
            return None;
        }
        // SAFETY: As above.
        unsafe { busy.write_volatile(true) };
        // INVARIANT: The flag was found clear and has just been set; the rest is the contract.
        Some(Self { slot, _pin: pin })
    }

    /// The shared part of the same slot.
    #[inline]
    pub(crate) fn shared(&self) -> Pin<&'a S> {
        self.slot.shared()
    }

    /// The CPU whose slot this is.
    pub(crate) fn cpu(&self) -> CpuId {
        self.slot.cpu
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

impl<L, S> Drop for Owner<'_, L, S> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: As in `new()`: by the type invariants this code has the flag to itself.
        // Preemption is still off: `_pin` is dropped after this.
        unsafe { self.slot.busy.get().write_volatile(false) };
    }
}

/// A slot for each possible CPU.
///
/// # Invariants
///
/// `base` is a per-CPU allocation whose instance for each possible CPU holds a valid slot that is
/// pinned there, with `cpu` naming that CPU.
pub(crate) struct PerCpu<L, S> {
    base: NonNull<Slot<L, S>>,
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
    pub(crate) fn new<I: PinInit<S>>(mut shared_of: impl FnMut(CpuId) -> I) -> Result<Self> {
        let layout = core::alloc::Layout::new::<Slot<L, S>>();
        // SAFETY: Always sound to call.
        let base =
            unsafe { bindings::rcu_headless_helper_alloc_percpu(layout.size(), layout.align()) };
        let base = NonNull::new(base.cast()).ok_or(AllocError)?;
        // INVARIANT: Holds once the loop is done; it can't be left early, and `this` isn't used
        // for anything else until then.
        let this = Self {
            base,
            _owns: PhantomData,
        };
        for cpu in possible_cpus() {
            let shared = shared_of(cpu);
            let init = pin_init!(Slot {
                local: UnsafeCell::new(L::default()),
                busy: UnsafeCell::new(false),
                shared <- shared,
                cpu,
            });
            // SAFETY: The place is allocated, aligned and nobody else's; it is never moved and is
            // dropped in place. The error type has no values.
            let Ok(()) = unsafe { init.__init(this.slot_ptr(cpu)) };
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
        self.slots().find(|s| s.cpu.as_u32() == cpu.as_u32())
    }

    /// Takes the slot of the CPU that this code runs on.
    ///
    /// `None` when it broke into code that owns the slot, so never in process context.
    ///
    /// # Context
    ///
    /// Any context but NMI. Preemption is off until the owner is dropped.
    #[inline]
    pub(crate) fn own_this_cpu(&self) -> Option<Owner<'_, L, S>> {
        // SAFETY: `base` is a per-CPU allocation. Paired with the drop of `pin` or of the owner.
        let slot = unsafe { bindings::rcu_headless_helper_get_cpu_ptr(self.base.as_ptr().cast()) };
        let pin = PreemptOff(NotThreadSafe);
        // SAFETY: By the type invariants there is a valid slot for this CPU, which lives as long
        // as `self` and is only ever borrowed shared.
        let slot = unsafe { &*slot.cast::<Slot<L, S>>() };
        // SAFETY: Preemption is off and this is the slot of this CPU.
        unsafe { Owner::new(slot, pin) }
    }
}

impl<L, S> Drop for PerCpu<L, S> {
    fn drop(&mut self) {
        for cpu in possible_cpus() {
            // SAFETY: By the type invariants there is a valid slot; nobody borrows it any more,
            // and it isn't used again.
            unsafe { core::ptr::drop_in_place(self.slot_ptr(cpu)) };
        }
        // SAFETY: `base` came from the per-CPU allocator and isn't used again.
        unsafe { kernel::bindings::free_percpu(self.base.as_ptr().cast()) };
    }
}

fn possible_cpus() -> impl Iterator<Item = CpuId> {
    (0..nr_cpu_ids())
        // SAFETY: Always sound to call with a number below `nr_cpu_ids`.
        .filter(|&cpu| unsafe { bindings::rcu_headless_helper_cpu_possible(cpu) })
        .filter_map(CpuId::from_u32)
}

fn is_online(cpu: CpuId) -> bool {
    // SAFETY: Always sound to call with a valid CPU number.
    unsafe { bindings::rcu_headless_helper_cpu_online(cpu.as_u32()) }
}
