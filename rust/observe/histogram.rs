// SPDX-License-Identifier: GPL-2.0

//! How often a value was how large, by powers of two.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

use crate::platform::kcsan::assert_only_writer;

/// Counts values by their size: bucket `i` has those below `1 << i` that are in none before it, and
/// the last bucket all the rest.
///
/// One writer at a time; others may look meanwhile.
pub(crate) struct Histogram<const N: usize> {
    buckets: [Atomic<u64>; N],
    sum: Atomic<u64>,
}

impl<const N: usize> Histogram<N> {
    /// No values yet.
    pub(crate) const fn new() -> Self {
        Self {
            buckets: [const { Atomic::new(0) }; N],
            sum: Atomic::new(0),
        }
    }

    /// Counts a value.
    ///
    /// Counts may get lost when two do it at once: it takes no atomic addition.
    pub(crate) fn add(&self, value: u64) {
        let bits = (u64::BITS - value.leading_zeros()) as usize;
        let bucket = &self.buckets[bits.min(N - 1)];
        assert_only_writer(bucket);
        bucket.store(bucket.load(Relaxed) + 1, Relaxed);
        self.sum
            .store(self.sum.load(Relaxed).saturating_add(value), Relaxed);
    }

    /// Forgets all values. The caller is the one writer.
    pub(crate) fn clear(&self) {
        for bucket in &self.buckets {
            bucket.store(0, Relaxed);
        }
        self.sum.store(0, Relaxed);
    }

    /// What has been counted.
    pub(crate) fn get(&self) -> Counts<N> {
        Counts {
            buckets: self.buckets.each_ref().map(|bucket| bucket.load(Relaxed)),
            sum: self.sum.load(Relaxed),
        }
    }
}

/// What a [`Histogram`] had counted at some moment.
pub(crate) struct Counts<const N: usize> {
    buckets: [u64; N],
    sum: u64,
}

impl<const N: usize> Counts<N> {
    /// Nothing.
    pub(crate) const fn new() -> Self {
        Self {
            buckets: [0; N],
            sum: 0,
        }
    }

    /// Adds what another has counted.
    pub(crate) fn add(&mut self, other: &Self) {
        for (own, other) in self.buckets.iter_mut().zip(other.buckets) {
            *own += other;
        }
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// The sum of all values.
    pub(crate) fn sum(&self) -> u64 {
        self.sum
    }

    /// How many values there were.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// Each bucket: below what its values are, or `None` for the last, and how many they are.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (Option<u64>, u64)> + '_ {
        let bound = |i| (i < N - 1).then_some(1u64 << i);
        (0..).map(bound).zip(self.buckets)
    }
}
