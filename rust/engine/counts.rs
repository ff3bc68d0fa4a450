// SPDX-License-Identifier: GPL-2.0

//! What is counted of a queue: how much waits there, and what has come of the rest.
//!
//! Each CPU counts for itself. To the sums over all CPUs, by which callers are held back and the
//! shrinker goes, it adds once in many pages.

use crate::{
    engine::queue::LockedQueue,
    object::Channel,
    observe::stats::{
        self,
        Counter, //
    },
    page::sizes,
    params, //
};

/// How many objects a CPU counts before it adds them to the sum over all CPUs.
const OBJECTS_SHARE: i64 = 64 << 10;

/// How many bytes: what all CPUs keep to themselves is an eighth of what may wait at the most, but
/// a page's worth needn't be added to the sum more often than once.
fn bytes_share() -> i64 {
    let cpus = stats::CPUS.get() as u64;
    // No division: that of 64 bits isn't to be had everywhere. A power of two above the number.
    let bits = u64::BITS.wrapping_sub(cpus.leading_zeros());
    let share = (params::pending_bytes() >> 3)
        .checked_shr(bits)
        .unwrap_or(0);
    share.clamp(64 << 10, sizes::PAGE_BYTES as u64) as i64
}

/// About how many bytes wait on all CPUs at the most: with what each may not have added yet, and
/// with open pages that count for less than they may take.
pub(super) fn waiting_bytes_at_most() -> i64 {
    let open = (Channel::COUNT * sizes::PAGE_BYTES) as i64;
    stats::WEIGHT.get() + stats::CPUS.get() * (bytes_share() + open)
}

impl LockedQueue<'_> {
    /// Adds to a counter of this CPU.
    pub(crate) fn count(&self, counter: Counter, n: usize) {
        self.queue().stats.add(counter, n as i64);
    }

    /// Takes from a counter of this CPU.
    pub(crate) fn uncount(&self, counter: Counter, n: usize) {
        self.queue().stats.add(counter, -(n as i64));
    }

    /// Counts several things that belong together, by `f`.
    pub(crate) fn count_together<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let consistent = self.queue().consistent();
        consistent.write(|| f(self))
    }

    /// Counts objects that begin to wait, and about how many bytes they take.
    pub(crate) fn count_waiting(&mut self, channel: Channel, objects: usize, bytes: usize) {
        self.count(Counter::Pending, objects);
        self.count(Counter::bytes(channel), bytes);
        self.add_to_sums(objects as i64, bytes as i64);
    }

    /// Counts objects that were freed, and takes back what [`Self::count_waiting()`] has counted.
    pub(crate) fn count_freed(&mut self, channel: Channel, objects: usize, bytes: usize) {
        self.count(Counter::freed(channel), objects);
        self.uncount(Counter::Pending, objects);
        self.uncount(Counter::bytes(channel), bytes);
        self.add_to_sums(-(objects as i64), -(bytes as i64));
    }

    fn add_to_sums(&mut self, objects: i64, bytes: i64) {
        let most = bytes_share();
        self.objects.add(&stats::OBJECTS, objects, OBJECTS_SHARE);
        self.bytes.add(&stats::BYTES, bytes, most);
        self.weight.add(&stats::WEIGHT, bytes, most);
    }

    /// Adds what this CPU hasn't added yet to the sums over all CPUs.
    pub(crate) fn settle_sums(&mut self) {
        self.objects.settle(&stats::OBJECTS);
        self.bytes.settle(&stats::BYTES);
        self.weight.settle(&stats::WEIGHT);
    }

    /// Notes what an object in the open page of a channel is expected to take, 0 if there is no
    /// page. The page counts as full of these, with room for `room`, but no page as more than its
    /// CPU's part of what may wait.
    pub(super) fn weigh_open(&mut self, channel: Channel, bytes: usize, room: usize) {
        self.each[channel as usize] = bytes;
        let most = bytes_share();
        let weight = (room.saturating_mul(bytes) as i64).min(most);
        let before = core::mem::replace(&mut self.open_weight[channel as usize], weight);
        self.weight.add(&stats::WEIGHT, weight - before, most);
    }

    /// What an object in the open page of a channel is expected to take.
    pub(super) fn expected(&self, channel: Channel) -> usize {
        self.each[channel as usize]
    }

    /// About how many bytes the objects of a channel take that wait on this CPU.
    pub(crate) fn waiting_bytes(&self, channel: Channel) -> i64 {
        let open = self.queue().open_pointers(channel) * self.each[channel as usize];
        self.queue().stats.get(Counter::bytes(channel)) + open as i64
    }

    /// How many objects wait on this CPU.
    pub(crate) fn waiting_objects(&self) -> i64 {
        let open: usize = Channel::ALL
            .map(|channel| self.queue().open_pointers(channel))
            .iter()
            .sum();
        self.queue().stats.get(Counter::Pending) + open as i64
    }
}
