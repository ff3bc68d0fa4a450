// SPDX-License-Identifier: GPL-2.0

//! Which CPUs there can be, which want to be left alone, and sets of them.
//!
//! C headers: [`include/linux/cpumask.h`](srctree/include/linux/cpumask.h),
//! [`include/linux/sched/isolation.h`](srctree/include/linux/sched/isolation.h)

use kernel::{
    bitmap::BitmapVec,
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    prelude::*, //
};

use crate::bindings;

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

/// Whether the CPU is isolated: nothing is to run there but what was put there on purpose.
///
/// # Context
///
/// Preemption off.
pub(crate) fn is_isolated(cpu: CpuId) -> bool {
    // SAFETY: It looks into masks that have a bit for each valid CPU number, under RCU.
    unsafe { !bindings::rcu_headless_helper_is_housekeeping_cpu(cpu.as_u32()) }
}

/// The memory node of a CPU.
pub(crate) fn node_of(cpu: CpuId) -> i32 {
    // SAFETY: It looks into a table that has an entry for each valid CPU number.
    unsafe { bindings::rcu_headless_helper_cpu_to_node(cpu.as_u32()) }
}

/// A set of CPUs that any code may change at any time.
pub(crate) struct CpuSet(BitmapVec);

impl CpuSet {
    /// Makes an empty set.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(BitmapVec::new(nr_cpu_ids() as usize, GFP_KERNEL)?))
    }

    /// Adds a CPU, in no order with what comes before or after.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn insert(&self, cpu: CpuId) {
        self.0.set_bit_atomic(cpu.as_u32() as usize);
    }

    /// Takes a CPU out, in no order with what comes before or after.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn remove(&self, cpu: CpuId) {
        self.0.clear_bit_atomic(cpu.as_u32() as usize);
    }

    /// Whether the CPU is in the set.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn has(&self, cpu: CpuId) -> bool {
        self.next(cpu.as_u32()).is_some_and(|next| next.as_u32() == cpu.as_u32())
    }

    /// The CPUs in the set, each as it is when its turn comes.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn iter(&self) -> impl Iterator<Item = CpuId> + '_ {
        core::iter::successors(self.next(0), |cpu| self.next(cpu.as_u32() + 1))
    }

    fn next(&self, from: u32) -> Option<CpuId> {
        let from = from as usize;
        let next = (from < self.0.len()).then(|| self.0.next_bit(from))??;
        CpuId::from_u32(next as u32)
    }
}
