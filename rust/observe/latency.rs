// SPDX-License-Identifier: GPL-2.0

//! How long things take, and how much is done at once: a histogram of each, for each CPU.

use kernel::{
    page::PAGE_SIZE,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    time::Delta, //
};

use crate::{
    object::Pointer,
    observe::histogram::{
        Counts,
        Histogram, //
    }, //
};

/// Times up to a minute: below 2^26 µs.
const TIMES: usize = 28;

/// As many objects as a page can have pointers.
const OBJECTS: usize = (PAGE_SIZE / size_of::<Pointer>()).ilog2() as usize + 2;

/// Counts up when all histograms are to begin anew.
static EPOCH: Atomic<usize> = Atomic::new(0);

/// Has all histograms begin anew: each CPU's at the next value, and at once for who looks.
pub(crate) fn reset() {
    EPOCH.fetch_add(1, Relaxed);
}

/// The histograms of one CPU.
///
/// One writer at a time, who has the lock of the CPU's queue.
pub(crate) struct Latency {
    /// The [`EPOCH`] that the values are of.
    epoch: Atomic<usize>,
    page_wait: Histogram<TIMES>,
    fallback: Histogram<TIMES>,
    bulk: Histogram<OBJECTS>,
}

impl Latency {
    /// No values yet.
    pub(crate) const fn new() -> Self {
        Self {
            epoch: Atomic::new(0),
            page_wait: Histogram::new(),
            fallback: Histogram::new(),
            bulk: Histogram::new(),
        }
    }

    /// A page's objects, `nr` of them, were freed so long after the first had been queued.
    pub(crate) fn page_freed(&self, waited: Delta, nr: usize) {
        self.catch_up();
        self.page_wait.add(micros(waited));
        self.bulk.add(nr as u64);
    }

    /// A caller had to wait so long.
    pub(crate) fn caller_waited(&self, waited: Delta) {
        self.catch_up();
        self.fallback.add(micros(waited));
    }

    fn catch_up(&self) {
        let epoch = EPOCH.load(Relaxed);
        if self.epoch.load(Relaxed) != epoch {
            self.page_wait.clear();
            self.fallback.clear();
            self.bulk.clear();
            self.epoch.store(epoch, Relaxed);
        }
    }

    /// What has been counted since the last [`reset()`], if anything.
    pub(crate) fn get(&self) -> Option<Summary> {
        let current = self.epoch.load(Relaxed) == EPOCH.load(Relaxed);
        current.then(|| Summary {
            page_wait_us: self.page_wait.get(),
            fallback_us: self.fallback.get(),
            bulk_objects: self.bulk.get(),
        })
    }
}

fn micros(time: Delta) -> u64 {
    // By the kernel's function: modules have no division of 64 bits on 32-bit machines.
    time.as_micros_ceil().unsigned_abs()
}

/// What one CPU's histograms say, or those of several.
pub(crate) struct Summary {
    /// From the first object queued in a page to its objects freed, in µs.
    pub(crate) page_wait_us: Counts<TIMES>,
    /// How long callers waited, in µs.
    pub(crate) fallback_us: Counts<TIMES>,
    /// How many objects a page had.
    pub(crate) bulk_objects: Counts<OBJECTS>,
}

impl Summary {
    /// Nothing.
    pub(crate) const fn new() -> Self {
        Self {
            page_wait_us: Counts::new(),
            fallback_us: Counts::new(),
            bulk_objects: Counts::new(),
        }
    }

    /// Adds another CPU's.
    pub(crate) fn add(&mut self, other: &Self) {
        self.page_wait_us.add(&other.page_wait_us);
        self.fallback_us.add(&other.fallback_us);
        self.bulk_objects.add(&other.bulk_objects);
    }
}
