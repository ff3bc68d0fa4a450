// SPDX-License-Identifier: GPL-2.0

//! What is known of one CPU, at one moment.

use crate::{
    engine::{
        state::Queue,
        Engine, //
    },
    object::Channel,
    observe::stats::Counter, //
};

/// What is made of several things, by name: of a CPU and of how many pointers the open page of each
/// channel holds.
type Made = (&'static str, fn(&Queue, [i64; Channel::COUNT]) -> i64);

const MADE: [Made; 8] = [
    ("queued_slab", |cpu, [slab, _]| {
        cpu.stats.get(Counter::QueuedSlab) + slab
    }),
    ("queued_vmalloc", |cpu, [_, vmalloc]| {
        cpu.stats.get(Counter::QueuedVmalloc) + vmalloc
    }),
    ("freed_slab", |cpu, _| cpu.stats.get(Counter::FreedSlab)),
    ("freed_vmalloc", |cpu, _| {
        cpu.stats.get(Counter::FreedVmalloc)
    }),
    ("pending", |cpu, [slab, vmalloc]| {
        cpu.stats.get(Counter::Pending) + slab + vmalloc
    }),
    ("parked", |cpu, _| cpu.parked() as i64),
    ("pages_in_use", |cpu, _| {
        cpu.stats.get(Counter::PendingPages) + cpu.open_pages() as i64
    }),
    ("pages_spare", |cpu, _| cpu.spares.len() as i64),
];

const NUMBERS: usize = MADE.len() + Counter::SHOWN.len();

/// The numbers of one CPU, or their sums: first what is made of several, then counters as they are.
pub(super) struct Row([i64; NUMBERS]);

impl Row {
    /// Reads those of one CPU. They belong together: no page, and no pointer in an open page, is
    /// counted in one and not in another.
    pub(super) fn of(cpu: &Queue) -> Self {
        cpu.consistent().read(|| {
            // Once, as calls move the cursors on meanwhile.
            let open = Channel::ALL.map(|channel| cpu.open_pointers(channel) as i64);
            let made = MADE.iter().map(|(_, of)| of(cpu, open));
            let counted = Counter::SHOWN
                .iter()
                .map(|&(_, counter)| cpu.stats.get(counter));
            let mut row = Self([0; NUMBERS]);
            row.0
                .iter_mut()
                .zip(made.chain(counted))
                .for_each(|(to, value)| *to = value);
            row
        })
    }

    /// Adds those of all CPUs up.
    pub(super) fn sum(engine: &Engine) -> Self {
        let mut sum = Self([0; NUMBERS]);
        for queue in engine.queues.iter() {
            let row = Self::of(queue);
            sum.0
                .iter_mut()
                .zip(row.0)
                .for_each(|(sum, value)| *sum += value);
        }
        sum
    }

    /// What the numbers are called.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        let made = MADE.iter().map(|&(name, _)| name);
        made.chain(Counter::SHOWN.iter().map(|&(name, _)| name))
    }

    /// The numbers with their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, i64)> + '_ {
        Self::names().zip(self.0)
    }
}
