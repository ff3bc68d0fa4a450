// SPDX-License-Identifier: GPL-2.0

//! Who has pages or objects in hand that are on no queue, and how the barrier waits for them.
//!
//! Nobody waits but the barrier: who takes something in hand meanwhile is counted apart. SRCU would
//! do the same, but looks again and again where this is told, on the CPU that they may need.
//!
//! Two counts, used by turns, as in SRCU: who begins is counted in the current one, and the other
//! comes to zero.

use kernel::{
    new_condvar,
    new_mutex,
    prelude::*,
    sync::{
        CondVar,
        Mutex, //
    }, //
};

/// The counts.
#[pin_data]
pub(crate) struct InHand {
    #[pin]
    counts: Mutex<Counts>,
    /// A count that isn't the current one has come to zero.
    #[pin]
    zero: CondVar,
    /// Held by who makes the other count the current one, until the first is zero.
    #[pin]
    turn: Mutex<()>,
}

#[derive(Default)]
struct Counts {
    current: bool,
    holders: [usize; 2],
}

impl InHand {
    /// Nobody has anything.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            counts <- new_mutex!(Counts::default(), "rcu_headless_in_hand"),
            zero <- new_condvar!("rcu_headless_in_hand_zero"),
            turn <- new_mutex!((), "rcu_headless_in_hand_turn"),
        })
    }

    /// Says so before something is taken. Nothing must be left in hand when the holder is dropped.
    ///
    /// # Context
    ///
    /// Process context, may sleep.
    pub(crate) fn hold(&self) -> Holder<'_> {
        let mut counts = self.counts.lock();
        let count = usize::from(counts.current);
        if let Some(holders) = counts.holders.get_mut(count) {
            *holders += 1;
        }
        Holder { hand: self, count }
    }

    /// Waits until nobody has anything any more that was taken before the call.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn wait(&self) {
        let _turn = self.turn.lock();
        // Either count may have some who began before.
        for _ in 0..2 {
            let mut counts = self.counts.lock();
            let old = usize::from(counts.current);
            counts.current = !counts.current;
            while counts.holders.get(old).is_some_and(|&holders| holders > 0) {
                self.zero.wait(&mut counts);
            }
        }
    }
}

/// Something is in hand while this lives.
pub(crate) struct Holder<'a> {
    hand: &'a InHand,
    /// Where it is counted.
    count: usize,
}

impl Drop for Holder<'_> {
    fn drop(&mut self) {
        let mut counts = self.hand.counts.lock();
        if let Some(holders) = counts.holders.get_mut(self.count) {
            *holders -= 1;
            if *holders == 0 {
                self.hand.zero.notify_all();
            }
        }
    }
}
