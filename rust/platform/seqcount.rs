// SPDX-License-Identifier: GPL-2.0

//! A number that tells readers whether what they read was being changed meanwhile.
//!
//! For values that one writer changes together and others only look at: the writer never waits,
//! readers try again. The kernel has the same in C, for any writer:
//! [`include/linux/seqlock.h`](srctree/include/linux/seqlock.h).

use kernel::{
    processor::cpu_relax,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    }, //
};

use crate::platform::{
    kcsan::assert_only_writer,
    linux::{
        smp_mb,
        Read,
        Write, //
    }, //
};

/// Odd while something is being changed.
pub(crate) struct SeqCount(Atomic<usize>);

impl SeqCount {
    /// Nothing has changed yet.
    pub(crate) const fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Changes something, by `f`, which must be short.
    ///
    /// There must be no other writer at the same time, or readers see what they shouldn't.
    ///
    /// # Context
    ///
    /// Preemption off, lest a reader tries for long.
    pub(crate) fn write<R>(&self, f: impl FnOnce() -> R) -> R {
        assert_only_writer(&self.0);
        let number = self.0.load(Relaxed);
        self.0.store(number.wrapping_add(1), Relaxed);
        // Who sees any of the changes sees that there are some.
        smp_mb(Write);
        let result = f();
        // Release: who sees that it is over sees all of them.
        self.0.store(number.wrapping_add(2), Release);
        result
    }

    /// Reads something, by `f`, as it was before a change or after it.
    ///
    /// # Context
    ///
    /// Process context: a reader that interrupts the writer would never end.
    pub(crate) fn read<R>(&self, f: impl Fn() -> R) -> R {
        loop {
            let number = self.0.load(Acquire);
            let result = f();
            // All has been read before the number is compared.
            smp_mb(Read);
            if number % 2 == 0 && self.0.load(Relaxed) == number {
                return result;
            }
            cpu_relax();
        }
    }
}
