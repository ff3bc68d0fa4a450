// SPDX-License-Identifier: GPL-2.0

//! What is known of one CPU, at one moment.

use crate::{
    engine::{
        state::Shared,
        Engine, //
    },
    object::Channel,
    observe::stats::Counter, //
};

/// What the numbers of a [`Row`] are called.
pub(super) const NAMES: [&str; 15] = [
    "queued_slab",
    "queued_vmalloc",
    "freed_slab",
    "freed_vmalloc",
    "pending",
    "parked",
    "pages_in_use",
    "pages_spare",
    "batches",
    "grace_periods",
    "page_from_spares",
    "page_from_allocator",
    "page_from_elapsed",
    "fallbacks",
    "held_back",
];

/// Where in [`NAMES`] that is of which reserves have some, too.
pub(super) const PARKED: usize = 5;

/// A number for each of [`NAMES`].
#[derive(Default)]
pub(super) struct Row(pub(super) [i64; NAMES.len()]);

impl Row {
    /// Reads those of one CPU. They belong together: no page is counted in one and not in another.
    pub(super) fn of(queue: &Shared) -> Self {
        queue.consistent().read(|| {
            let open = |channel| queue.open_pointers(channel) as i64;
            let (slab, vmalloc) = (open(Channel::Slab), open(Channel::Vmalloc));
            let count = |counter| queue.stats.get(counter);
            Self([
                count(Counter::QueuedSlab) + slab,
                count(Counter::QueuedVmalloc) + vmalloc,
                count(Counter::FreedSlab),
                count(Counter::FreedVmalloc),
                count(Counter::Waiting) + slab + vmalloc,
                queue.parked() as i64,
                count(Counter::WaitingPages) + queue.open_pages() as i64,
                queue.spares.len() as i64,
                count(Counter::Batches),
                count(Counter::GracePeriods),
                count(Counter::PagesSpare),
                count(Counter::PagesFresh),
                count(Counter::PagesElapsed),
                count(Counter::Fallbacks),
                count(Counter::HeldBack),
            ])
        })
    }

    /// Adds those of all CPUs up.
    pub(super) fn sum(engine: &Engine) -> Self {
        let mut sum = Self::default();
        for queue in engine.queues.slots() {
            let row = Self::of(queue.shared());
            for (sum, value) in sum.0.iter_mut().zip(row.0) {
                *sum += value;
            }
        }
        sum
    }
}
