// SPDX-License-Identifier: GPL-2.0

//! `/sys/kernel/debug/rcu_headless/stats`: what the module has done and has still to do.

use kernel::{
    debugfs::{
        Dir,
        File, //
    },
    fmt,
    prelude::*, //
};

use crate::{
    bulk_page::Channel,
    engine::Handle,
    misuse::Misuse,
    stats::{
        self,
        Counter, //
    },
};

/// The module's files in debugfs.
///
/// Without debugfs there are none, and nothing else changes.
pub(crate) struct Files {
    _stats: Pin<KBox<File<Handle>>>,
}

impl Files {
    /// Makes the files.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new(engine: Handle) -> Result<Self> {
        let dir = Dir::new(c"rcu_headless");
        // The directory stays until the last file in it is gone.
        let stats = dir.read_callback_file(c"stats", engine, &write_stats);
        Ok(Self {
            _stats: KBox::pin_init(stats, GFP_KERNEL)?,
        })
    }
}

/// Prints `name value` lines, sums over all CPUs.
fn write_stats(engine: &Handle, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let queues = || engine.queues.slots().map(|slot| slot.shared());
    let sum = |counter| -> i64 { queues().map(|q| q.stats.get(counter)).sum() };
    let open = |channel| queues().map(|q| q.open_pointers(channel)).sum::<usize>() as i64;
    let open_pages = queues().map(|q| q.open_pages()).sum::<usize>() as i64;
    // Each is read once, so that the lines agree as far as they can.
    let open_slab = open(Channel::Slab);
    let open_vmalloc = open(Channel::Vmalloc);

    let spares = queues().map(|q| q.spares.len()).sum::<usize>() as i64;
    let parked = engine.parked() as i64;

    let lines = [
        ("queued_slab", sum(Counter::QueuedSlab) + open_slab),
        ("queued_vmalloc", sum(Counter::QueuedVmalloc) + open_vmalloc),
        ("freed_slab", sum(Counter::FreedSlab)),
        ("freed_vmalloc", sum(Counter::FreedVmalloc)),
        ("pending", sum(Counter::Waiting) + open_slab + open_vmalloc),
        ("parked", parked),
        ("pages_in_use", sum(Counter::WaitingPages) + open_pages),
        ("pages_spare", spares),
        ("pages_allocated", stats::PAGES.get()),
        ("batches", sum(Counter::Batches)),
        ("grace_periods", sum(Counter::GracePeriods)),
        ("page_from_spares", sum(Counter::PagesSpare)),
        ("page_from_allocator", sum(Counter::PagesFresh)),
        ("page_from_elapsed", sum(Counter::PagesElapsed)),
        ("fallbacks", sum(Counter::Fallbacks)),
        ("try_taken", stats::TRY_TAKEN.get()),
        ("try_refused", stats::TRY_REFUSED.get()),
        ("reserved", stats::RESERVED.get()),
        ("shrinker_scans", stats::SHRINKER_SCANS.get()),
        ("shrinker_pages", stats::SHRINKER_PAGES.get()),
        ("leaked", stats::LEAKED.get()),
    ];
    for (name, value) in lines {
        writeln!(f, "{name} {value}")?;
    }
    for misuse in Misuse::ALL {
        writeln!(f, "{} {}", misuse.name(), misuse.count())?;
    }
    Ok(())
}
