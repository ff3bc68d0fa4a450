// SPDX-License-Identifier: GPL-2.0

//! Counters, one set per CPU, added up when somebody looks.
//!
//! Nothing is counted when a pointer is stored: what an open page holds is read off its cursor, and
//! the rest is counted a page at a time. A sum over running CPUs is not a snapshot; it is exact
//! whenever nothing is being queued or freed.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

use crate::bulk_page::Channel;

/// Pages of pointers that exist, empty ones included.
///
/// Global, not per CPU, since pages are allocated and freed where no slot is owned.
pub(crate) static PAGES: Atomic<i64> = Atomic::new(0);

/// What is counted per CPU.
///
/// A value may be negative on one CPU, when what was added there was taken off on another; sums are
/// not.
#[derive(Clone, Copy)]
pub(crate) enum Counter {
    /// Slab objects that have left the cursor: in a sealed page or by the fallback.
    QueuedSlab,
    /// The same for vmalloc objects.
    QueuedVmalloc,
    /// Slab objects that were freed.
    FreedSlab,
    /// vmalloc objects that were freed.
    FreedVmalloc,
    /// Objects that have left the cursor and are not freed yet.
    Waiting,
    /// Sealed pages not released yet.
    WaitingPages,
    /// Empty pages at hand.
    SparePages,
    /// Pages whose objects were freed in one go.
    Batches,
    /// Grace periods that were waited for, by an alarm or asleep.
    GracePeriods,
    /// Calls that found no page and waited.
    Fallbacks,
    /// Objects never to be freed, since the call came from where it mustn't.
    Leaked,
}

impl Counter {
    const COUNT: usize = Self::Leaked as usize + 1;

    /// Where objects of a channel are counted when they have left the cursor.
    pub(crate) fn queued(channel: Channel) -> Self {
        match channel {
            Channel::Slab => Self::QueuedSlab,
            Channel::Vmalloc => Self::QueuedVmalloc,
        }
    }

    /// Where objects of a channel are counted when they are freed.
    pub(crate) fn freed(channel: Channel) -> Self {
        match channel {
            Channel::Slab => Self::FreedSlab,
            Channel::Vmalloc => Self::FreedVmalloc,
        }
    }
}

/// The counters of one CPU.
pub(crate) struct CpuStats([Atomic<i64>; Counter::COUNT]);

impl CpuStats {
    /// All zero.
    pub(crate) const fn new() -> Self {
        Self([const { Atomic::new(0) }; Counter::COUNT])
    }

    /// Adds to a counter.
    ///
    /// Counts may get lost when two do it at once: only the owner of the CPU's slot should, so it
    /// takes no atomic addition.
    pub(crate) fn add(&self, counter: Counter, n: i64) {
        if let Some(value) = self.0.get(counter as usize) {
            value.store(value.load(Relaxed) + n, Relaxed);
        }
    }

    /// Reads a counter, of this CPU or another.
    pub(crate) fn get(&self, counter: Counter) -> i64 {
        self.0.get(counter as usize).map_or(0, |v| v.load(Relaxed))
    }
}
