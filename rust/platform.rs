// SPDX-License-Identifier: GPL-2.0

//! The kernel, as safe types. Nothing here knows what rcu_headless does.

pub(crate) mod cpu;
pub(crate) mod debugfs;
pub(crate) mod gfp;
pub(crate) mod inline_atomic;
pub(crate) mod irq_work;
pub(crate) mod jiffies;
pub(crate) mod kcsan;
pub(crate) mod linux;
pub(crate) mod memcg;
pub(crate) mod memory;
pub(crate) mod modules;
pub(crate) mod percpu;
pub(crate) mod raw_lock;
pub(crate) mod rcu;
pub(crate) mod sched;
pub(crate) mod seqcount;
pub(crate) mod symbol;
pub(crate) mod this_cpu;
pub(crate) mod work;
