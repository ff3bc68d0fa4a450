// SPDX-License-Identifier: GPL-2.0

//! What stands in for the kernel's atomics, barriers and RCU: that it allows no less than it
//! should, and no more.

use core::sync::atomic::{
    AtomicU32,
    Ordering, //
};

use kernel::{
    model::spawn,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        barrier::{
            smp_mb,
            Read,
            Write, //
        },
        rcu::synchronize_rcu, //
    }, //
};

use super::{
    share,
    Model, //
};
use crate::platform::this_cpu::NoPreempt;

type Words = [Atomic<usize>; 2];

fn words() -> &'static Words {
    share([const { Atomic::new(0) }; 2])
}

/// Runs two at once.
fn both<A: 'static, B: 'static>(
    one: impl FnOnce() -> A + 'static,
    other: impl FnOnce() -> B + 'static,
) -> (A, B) {
    let one = spawn(one);
    let other = other();
    (one.join().unwrap(), other)
}

/// The weak outcomes that were seen, as bits.
static SEEN: AtomicU32 = AtomicU32::new(0);

fn weak(bit: u32, seen: bool) {
    SEEN.fetch_or(u32::from(seen) << bit, Ordering::Relaxed);
}

pub(super) const WEAK: Model = Model {
    name: "litmus-weak",
    of: "the model: without barriers the weak outcomes come up",
    bound: None,
    words: 8,
    run: || {
        // Each has a value that no interleaving gives.
        let [x, y] = words();
        let (a, b) = both(
            || {
                x.store(1, Relaxed);
                y.load(Relaxed)
            },
            || {
                y.store(1, Relaxed);
                x.load(Relaxed)
            },
        );
        weak(0, (a, b) == (0, 0));
        let [x, y] = words();
        let (_, (b, a)) = both(
            || {
                x.store(1, Relaxed);
                y.store(1, Relaxed);
            },
            || (y.load(Relaxed), x.load(Relaxed)),
        );
        weak(1, (b, a) == (1, 0));
    },
    after: || assert_eq!(SEEN.load(Ordering::Relaxed), 0b11),
};

pub(super) const BARRIERS: Model = Model {
    name: "litmus-barriers",
    of: "the model: barriers order what they should",
    bound: None,
    words: 8,
    run: || {
        let [x, y] = words();
        let (_, (b, a)) = both(
            || {
                x.store(1, Relaxed);
                smp_mb(Write);
                y.store(1, Relaxed);
            },
            || {
                let b = y.load(Relaxed);
                smp_mb(Read);
                (b, x.load(Relaxed))
            },
        );
        assert_ne!((b, a), (1, 0));
        let [x, y] = words();
        let (_, (b, a)) = both(
            || {
                x.store(1, Relaxed);
                y.store(1, Release);
            },
            || (y.load(Acquire), x.load(Relaxed)),
        );
        assert_ne!((b, a), (1, 0));
    },
    after: || (),
};

pub(super) const FULL: Model = Model {
    name: "litmus-full",
    of: "the model: full barriers and operations order what they should",
    bound: None,
    words: 8,
    run: || {
        let [x, y] = words();
        let (a, b) = both(
            || {
                x.xchg(1, Full);
                y.load(Relaxed)
            },
            || {
                y.store(1, Relaxed);
                smp_mb(Full);
                x.load(Relaxed)
            },
        );
        assert_ne!((a, b), (0, 0));
    },
    after: || (),
};

pub(super) const READERS: Model = Model {
    name: "litmus-rcu",
    of: "the model: a reader that sees what came after a grace period sees what came before",
    bound: None,
    words: 4,
    run: || {
        let [x, y] = words();
        let (_, (a, b)) = both(
            || {
                x.store(1, Relaxed);
                synchronize_rcu();
                y.store(1, Relaxed);
            },
            || {
                let _reader = NoPreempt::new();
                (x.load(Relaxed), y.load(Relaxed))
            },
        );
        assert_ne!((a, b), (0, 1));
    },
    after: || (),
};
