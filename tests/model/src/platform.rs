// SPDX-License-Identifier: GPL-2.0

//! The files of `rust/platform/` that are modelled, and what stands in for others.

#[path = "../../../rust/platform/inline_atomic.rs"]
pub(crate) mod inline_atomic;

#[path = "../../../rust/platform/irq_work.rs"]
pub(crate) mod irq_work;

#[path = "../../../rust/platform/jiffies.rs"]
pub(crate) mod jiffies;

#[path = "../../../rust/platform/kcsan.rs"]
pub(crate) mod kcsan;

/// Of the kernel's newest version, less what isn't modelled.
pub(crate) mod linux {
    pub(crate) use kernel::{
        bindings::rcu_gp_seq,
        sync::{
            barrier::{smp_mb, Read, Write},
            rcu::{rcu_barrier, synchronize_rcu},
        },
    };
}

#[path = "../../../rust/platform/rcu.rs"]
pub(crate) mod rcu;

#[path = "../../../rust/platform/seqcount.rs"]
pub(crate) mod seqcount;

#[path = "../../../rust/platform/work.rs"]
pub(crate) mod work;

pub(crate) mod cpu {
    use kernel::cpu::CpuId;

    pub(crate) fn is_isolated(_: CpuId) -> bool {
        false
    }
}

pub(crate) mod sched {
    pub(crate) fn cond_resched() {
        loom::thread::yield_now();
    }
}

pub(crate) mod this_cpu;
