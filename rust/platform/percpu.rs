// SPDX-License-Identifier: GPL-2.0

//! Per-CPU storage that is filled in for a CPU when that comes up for the first time.
//!
//! C header: [`include/linux/percpu.h`](srctree/include/linux/percpu.h)

use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

use kernel::{
    alloc::AllocError,
    cpu::CpuId,
    ffi::c_void,
    prelude::*, //
};

use crate::{
    bindings,
    platform::{
        cpu::{
            possible_cpus,
            CpuSet, //
        },
        linux::{
            raw_init,
            smp_mb,
            Read, //
        },
        this_cpu::{
            this_cpu_ptr,
            OnThisCpu, //
        }, //
    }, //
};

/// A value for each CPU that has ever been up.
///
/// # Invariants
///
/// `base` is a per-CPU allocation that only this value frees. The instance of each CPU in `ready`
/// is a valid `S`, which stays where it is until this value is dropped.
pub(crate) struct PerCpu<S> {
    base: NonNull<S>,
    ready: CpuSet,
    _owns: PhantomData<S>,
}

// SAFETY: The values may be dropped on any thread, and nothing else in it belongs to one.
unsafe impl<S: Send> Send for PerCpu<S> {}
// SAFETY: All that a shared reference gives is shared references to the values.
unsafe impl<S: Sync> Sync for PerCpu<S> {}

impl<S> PerCpu<S> {
    /// Allocates room for a value on each CPU that there can be, with no value in it yet.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new() -> Result<Self> {
        let ready = CpuSet::new()?;
        // SAFETY: The size isn't zero, and the alignment is one.
        let base =
            unsafe { bindings::rcu_headless_helper_alloc_percpu(size_of::<S>(), align_of::<S>()) };
        // INVARIANT: Just allocated, and no CPU is ready.
        Ok(Self {
            base: NonNull::new(base.cast()).ok_or(AllocError)?,
            ready,
            _owns: PhantomData,
        })
    }

    /// Allocates a value of zeroes on each CPU that there can be.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn zeroed() -> Result<Self>
    where
        S: Zeroable,
    {
        let this = Self::new()?;
        for cpu in possible_cpus() {
            // INVARIANT: The memory is zeroed, and that is a value.
            this.ready.insert(cpu);
        }
        Ok(this)
    }

    /// Gives a CPU its value, unless it has one. Returns whether it had none.
    ///
    /// # Safety
    ///
    /// One caller at a time, and each after the other in the sense of the memory model.
    pub(crate) unsafe fn prepare<I: PinInit<S>>(
        &self,
        cpu: CpuId,
        value: impl FnOnce() -> Result<I>,
    ) -> Result<bool> {
        if self.ready.has(cpu) {
            return Ok(false);
        }
        // SAFETY: The place is allocated, aligned and nobody else's (contract); it is never moved
        // and is dropped in place.
        unsafe { raw_init(self.at(cpu), value()?) };
        // INVARIANT: The value is valid, and that comes first.
        self.ready.insert(cpu);
        Ok(true)
    }

    fn at(&self, cpu: CpuId) -> *mut S {
        // SAFETY: `base` is a per-CPU allocation and `cpu` a possible CPU.
        unsafe {
            bindings::rcu_headless_helper_per_cpu_ptr(self.base.as_ptr().cast(), cpu.as_u32())
        }
        .cast()
    }

    /// The value of a CPU, if that has ever been up.
    pub(crate) fn get(&self, cpu: CpuId) -> Option<&S> {
        if !self.ready.has(cpu) {
            return None;
        }
        // That comes before a look at the value.
        smp_mb(Read);
        // SAFETY: By the type invariants there is a valid value, which lives as long as `self` and
        // is only ever borrowed shared.
        Some(unsafe { &*self.at(cpu) })
    }

    /// The values of all CPUs that have ever been up.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &S> {
        self.ready.iter().filter_map(|cpu| self.get(cpu))
    }

    /// The value of the CPU that this code runs on, or has run on a moment ago.
    ///
    /// # Safety
    ///
    /// Each CPU that runs code must have its value.
    #[inline(always)]
    pub(crate) unsafe fn nearby(&self) -> &S {
        // SAFETY: There is a valid value (contract), which lives as long as `self` and is only ever
        // borrowed shared.
        unsafe { &*this_cpu_ptr(self.base.as_ptr()) }
    }
}

impl<S> PerCpu<S> {
    /// The value of the CPU that this code stays on.
    ///
    /// # Safety
    ///
    /// Each CPU that runs code must have its value.
    pub(crate) unsafe fn here<P>(&self, here: &OnThisCpu<P>) -> &S {
        // SAFETY: There is a valid value (contract), which lives as long as `self` and is only ever
        // borrowed shared.
        unsafe { &*here.this_cpu_ptr(self.base.as_ptr()) }
    }
}

impl<S> Drop for PerCpu<S> {
    fn drop(&mut self) {
        for cpu in self.ready.iter() {
            // SAFETY: By the type invariants there is a valid value; nobody borrows it any more,
            // and it isn't used again.
            unsafe { core::ptr::drop_in_place(self.at(cpu)) };
        }
        // SAFETY: `base` came from the per-CPU allocator and isn't used again.
        unsafe { kernel::bindings::free_percpu(self.base.as_ptr().cast()) };
    }
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
    unsafe { bindings::rcu_headless_helper_lanes_of(cpu.as_u32()) }.addr()
}
