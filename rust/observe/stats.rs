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

use crate::{
    object::Channel,
    platform::kcsan::assert_only_writer, //
};

/// Pages of pointers that exist, empty ones included.
///
/// Global, not per CPU, since pages are allocated and freed where no queue is locked; so are the
/// counters below, of what happens in any context.
pub(crate) static PAGES: Level = Level::new();
/// Objects in sealed pages, and those that callers wait for. Who looks adds what is open.
pub(crate) static OBJECTS: Level = Level::new();
/// About how many bytes these take.
pub(crate) static BYTES: Level = Level::new();
/// The same, with what open pages are expected to hold when they are full: what the limit is for.
pub(crate) static WEIGHT: Level = Level::new();
/// What objects are expected to take that are in inboxes and about to be queued.
pub(crate) static PARKED_BYTES: Global = Global::new();
/// CPUs that have a queue.
pub(crate) static CPUS: Global = Global::new();
/// Objects that other calls than `kvfree_rcu_headless_try()` have put into the CPUs' inboxes.
pub(crate) static PUT_BY_OTHERS: Global = Global::new();
/// Objects that it has taken, as far as anybody has looked: what there is to add up may be less for
/// a moment, and this isn't to be.
pub(crate) static TRY_TAKEN: Level = Level::new();
/// Objects that it didn't take, for lack of room.
pub(crate) static TRY_REFUSED: Global = Global::new();
/// Objects that were freed through a reserve that is no more.
pub(crate) static RESERVED: Global = Global::new();
/// Pointers that will never be freed: no objects of ours to free, or no way to.
pub(crate) static LEAKED: Global = Global::new();
/// How often the kernel asked for memory.
pub(crate) static SHRINKER_SCANS: Global = Global::new();
/// Pages that it was given.
pub(crate) static SHRINKER_PAGES: Global = Global::new();

/// A counter for all CPUs and contexts.
pub(crate) struct Global(Atomic<i64>);

impl Global {
    const fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Adds to it.
    pub(crate) fn add(&self, n: i64) {
        self.0.fetch_add(n, Relaxed);
    }

    /// Reads it.
    pub(crate) fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

/// Something that comes and goes, and the most that there has been of it.
///
/// In a cache line of its own: CPUs that change one don't disturb those that change another.
#[repr(align(64))]
pub(crate) struct Level {
    now: Atomic<i64>,
    high: Atomic<i64>,
}

impl Level {
    const fn new() -> Self {
        Self {
            now: Atomic::new(0),
            high: Atomic::new(0),
        }
    }

    /// So many have come, or gone if below zero.
    pub(crate) fn add(&self, n: i64) {
        self.add_with_high(n, n);
    }

    /// So many have come, and there have been `most` of these at some time meanwhile.
    fn add_with_high(&self, n: i64, most: i64) {
        self.raise(self.now.fetch_add(n, Relaxed) + most);
    }

    /// How many there are.
    pub(crate) fn get(&self) -> i64 {
        self.now.load(Relaxed)
    }

    /// The most that there have been since the last [`Self::reset()`].
    pub(crate) fn high(&self) -> i64 {
        // A reader may come before what raises it.
        self.high.load(Relaxed).max(self.get())
    }

    /// The same, now that `n` have been found.
    pub(crate) fn high_with(&self, n: i64) -> i64 {
        self.raise(n);
        self.high()
    }

    /// Forgets how many there have been.
    pub(crate) fn reset(&self) {
        self.high.store(0, Relaxed);
        self.raise(self.get());
    }

    fn raise(&self, n: i64) {
        let mut high = self.high.load(Relaxed);
        while n > high {
            match self.high.cmpxchg(high, n, Relaxed) {
                Ok(_) => break,
                Err(now) => high = now,
            }
        }
    }
}

/// What one CPU has still to add to a [`Level`]: CPUs touch that once in many pages.
#[derive(Default)]
pub(crate) struct Share {
    now: i64,
    high: i64,
}

impl Share {
    /// So many have come, or gone if below zero. They are added with others, when there are `most`.
    pub(crate) fn add(&mut self, level: &Level, n: i64, most: i64) {
        self.now += n;
        self.high = self.high.max(self.now);
        if self.now.abs() >= most {
            self.settle(level);
        }
    }

    /// Adds what there is to add.
    pub(crate) fn settle(&mut self, level: &Level) {
        let Self { now, high } = core::mem::take(self);
        if (now, high) != (0, 0) {
            level.add_with_high(now, high);
        }
    }
}

/// Makes the enum of a table: each counter, and what it is called if it is shown as it is.
macro_rules! counters {
    ($($(#[$doc:meta])* $counter:ident $(= $name:literal)?;)*) => {
        /// What is counted per CPU.
        ///
        /// A value may be negative on one CPU, when what was added there was taken off on another;
        /// sums are not.
        #[derive(Clone, Copy)]
        pub(crate) enum Counter {
            $($(#[$doc])* $counter,)*
        }

        impl Counter {
            const COUNT: usize = [$(stringify!($counter)),*].len();

            /// Those that are shown as they are, and their names.
            pub(crate) const SHOWN: &'static [(&'static str, Self)] =
                &[$($(($name, Self::$counter),)?)*];
        }
    };
}

counters! {
    /// Slab objects that have left the cursor: in a sealed page or by the fallback.
    QueuedSlab;
    /// The same for vmalloc objects.
    QueuedVmalloc;
    /// Slab objects that were freed.
    FreedSlab;
    /// vmalloc objects that were freed.
    FreedVmalloc;
    /// Objects that have left the cursor and are not freed yet.
    Pending;
    /// Sealed pages not released yet.
    PendingPages;
    /// About how many bytes the slab objects take that are pending.
    BytesSlab;
    /// The same for vmalloc objects.
    BytesVmalloc;
    /// Pages whose objects were freed in one go.
    Batches = "batches";
    /// Grace periods that were waited for, by an alarm or asleep.
    GracePeriods = "grace_periods";
    /// Pages that were opened when they had been spares.
    FromSpares = "page_from_spares";
    /// Pages that were opened when they had just been allocated.
    FromAllocator = "page_from_allocator";
    /// Pages that were opened when their objects had been freed on the spot.
    FromElapsed = "page_from_elapsed";
    /// Calls that found no page and waited.
    Fallbacks = "fallbacks";
    /// Calls that waited since too much did.
    HeldBack = "held_back";
}

impl Counter {
    /// Where objects of a channel are counted when they have left the cursor.
    pub(crate) fn queued(channel: Channel) -> Self {
        match channel {
            Channel::Slab => Self::QueuedSlab,
            Channel::Vmalloc => Self::QueuedVmalloc,
        }
    }

    /// Where the bytes of objects of a channel are counted that are waiting.
    pub(crate) fn bytes(channel: Channel) -> Self {
        match channel {
            Channel::Slab => Self::BytesSlab,
            Channel::Vmalloc => Self::BytesVmalloc,
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
    /// Counts may get lost when two do it at once: only who has the lock of the CPU's queue should,
    /// so it takes no atomic addition.
    pub(crate) fn add(&self, counter: Counter, n: i64) {
        let value = &self.0[counter as usize];
        assert_only_writer(value);
        value.store(value.load(Relaxed) + n, Relaxed);
    }

    /// Reads a counter, of this CPU or another.
    pub(crate) fn get(&self, counter: Counter) -> i64 {
        self.0[counter as usize].load(Relaxed)
    }
}
