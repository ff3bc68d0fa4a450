// SPDX-License-Identifier: GPL-2.0

//! Which CPUs there can be, which want to be left alone, and sets of them.
//!
//! C headers: [`include/linux/cpumask.h`](srctree/include/linux/cpumask.h),
//! [`include/linux/sched/isolation.h`](srctree/include/linux/sched/isolation.h)

use core::{
    iter::Enumerate,
    slice::Iter, //
};

use kernel::{
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    prelude::*,
    sync::atomic::{
        Atomic,
        Full,
        Relaxed, //
    }, //
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
pub(crate) struct CpuSet(KVVec<Atomic<usize>>);

/// Where a CPU is in a set: which word, and which bit of it.
fn place(cpu: CpuId) -> (usize, usize) {
    let cpu = cpu.as_u32() as usize;
    (cpu / BITS, 1 << (cpu % BITS))
}

/// How many CPUs there are in a word.
const BITS: usize = usize::BITS as usize;

impl CpuSet {
    /// Makes an empty set.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new() -> Result<Self> {
        let mut words = KVVec::new();
        for _ in 0..(nr_cpu_ids() as usize).div_ceil(BITS) {
            words.push(Atomic::new(0), GFP_KERNEL)?;
        }
        Ok(Self(words))
    }

    /// Adds a CPU; fully ordered if it wasn't there.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn insert(&self, cpu: CpuId) {
        self.change(cpu, |word, bit| word | bit);
    }

    /// Takes a CPU out; fully ordered if it was there.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn remove(&self, cpu: CpuId) {
        self.change(cpu, |word, bit| word & !bit);
    }

    fn change(&self, cpu: CpuId, to: impl Fn(usize, usize) -> usize) {
        let (at, bit) = place(cpu);
        let Some(place) = self.0.get(at) else {
            return;
        };
        let mut word = place.load(Relaxed);
        while to(word, bit) != word {
            match place.cmpxchg(word, to(word, bit), Full) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
    }

    /// Whether the CPU is in the set.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn has(&self, cpu: CpuId) -> bool {
        let (at, bit) = place(cpu);
        self.0
            .get(at)
            .is_some_and(|word| word.load(Relaxed) & bit != 0)
    }

    /// The CPUs in the set, those of each word as they are when its turn comes.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn iter(&self) -> Cpus<'_> {
        Cpus {
            words: self.0.iter().enumerate(),
            first: 0,
            left: 0,
        }
    }
}

/// The CPUs of a [`CpuSet`]. A type with a name of its own, as those of functions that are made
/// for it may not be longer than a symbol's.
pub(crate) struct Cpus<'a> {
    words: Enumerate<Iter<'a, Atomic<usize>>>,
    /// The number of the first CPU of the word that was read last, and which of that are left.
    first: usize,
    left: usize,
}

impl Iterator for Cpus<'_> {
    type Item = CpuId;

    fn next(&mut self) -> Option<CpuId> {
        while self.left == 0 {
            let (at, word) = self.words.next()?;
            self.first = at * BITS;
            self.left = word.load(Relaxed);
        }
        let bit = self.left.trailing_zeros();
        self.left &= self.left - 1;
        CpuId::from_u32(self.first as u32 + bit)
    }
}
