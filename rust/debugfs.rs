// SPDX-License-Identifier: GPL-2.0

//! The files in `/sys/kernel/debug/rcu_headless`.

mod callers;
mod control;
mod latency;
mod memory;
mod per_cpu;
mod row;
mod stats;

use kernel::{
    debugfs::{
        Dir,
        File, //
    },
    prelude::*, //
};

use crate::engine::Handle;

/// The module's files in debugfs, for root alone.
///
/// Without debugfs there are none, and nothing else changes. They are gone, and nobody is using
/// them any more, when this is dropped.
pub(crate) struct Files {
    _files: [Pin<KBox<File<Handle>>>; 6],
}

impl Files {
    /// Makes the files.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new(engine: Handle) -> Result<Self> {
        // The directory stays until the last file in it is gone.
        let dir = Dir::new(c"rcu_headless");
        let stats = dir.read_callback_file(c"stats", engine, &stats::show);
        let per_cpu = dir.read_callback_file(c"per_cpu", engine, &per_cpu::show);
        let latency = dir.read_callback_file(c"latency", engine, &latency::show);
        let memory = dir.read_callback_file(c"memory", engine, &memory::show);
        let callers = dir.read_callback_file(c"callers", engine, &callers::show);
        let control =
            dir.read_write_callback_file(c"control", engine, &control::show, &control::obey);
        Ok(Self {
            _files: [
                KBox::pin_init(stats, GFP_KERNEL)?,
                KBox::pin_init(per_cpu, GFP_KERNEL)?,
                KBox::pin_init(latency, GFP_KERNEL)?,
                KBox::pin_init(memory, GFP_KERNEL)?,
                KBox::pin_init(callers, GFP_KERNEL)?,
                KBox::pin_init(control, GFP_KERNEL)?,
            ],
        })
    }
}
