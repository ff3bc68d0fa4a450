// SPDX-License-Identifier: GPL-2.0

//! The sequence count.

use kernel::{
    model::spawn,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

use super::{
    share,
    Model, //
};
use crate::platform::seqcount::SeqCount;

pub(super) const PAIR: Model = Model {
    name: "seqcount",
    of: "sequence count: what is changed together is read together",
    bound: None,
    words: 4,
    run: pair,
    after: || (),
};

fn pair() {
    struct Pair {
        count: SeqCount,
        a: Atomic<usize>,
        b: Atomic<usize>,
    }
    let pair = share(Pair {
        count: SeqCount::new(),
        a: Atomic::new(0),
        b: Atomic::new(0),
    });
    let writer = spawn(move || {
        for number in [1, 2] {
            pair.count.write(|| {
                pair.a.store(number, Relaxed);
                pair.b.store(number, Relaxed);
            });
        }
    });
    let (a, b) = pair
        .count
        .read(|| (pair.a.load(Relaxed), pair.b.load(Relaxed)));
    assert_eq!(a, b, "half of a change was read");
    writer.join().unwrap();
}
