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
    prelude::*,
    ModuleMetadata, //
};

use crate::{
    engine::Handle,
    platform::debugfs::{
        Dir,
        File, //
    }, //
};

static FILES: [File<Handle>; 6] = [
    File::read_only(c"stats", stats::show),
    File::read_only(c"per_cpu", per_cpu::show),
    File::read_only(c"latency", latency::show),
    File::read_only(c"memory", memory::show),
    File::read_only(c"callers", callers::show),
    File::read_write(c"control", control::show, control::obey),
];

/// The module's files in debugfs, for root alone.
///
/// Without debugfs there are none, and nothing else changes. They are gone, and nobody is using
/// them any more, when this is dropped; an open one keeps the module loaded.
pub(crate) struct Files {
    _dir: Dir<Handle>,
}

impl Files {
    /// Makes the files of the module `M`: the last that it does when it is loaded, see
    /// [`Dir::new()`].
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new<M: ModuleMetadata>(engine: Handle) -> Result<Self> {
        Ok(Self {
            _dir: Dir::new::<M>(c"rcu_headless", &FILES, engine)?,
        })
    }
}
