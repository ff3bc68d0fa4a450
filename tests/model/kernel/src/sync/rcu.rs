// SPDX-License-Identifier: GPL-2.0

//! RCU: each thread has a word that is odd while it is a reader.
//!
//! A grace period changes each word by an addition of nothing, which reads the latest value there
//! is. So of each reader it either finds that it is one, and waits until it isn't any more, or
//! comes before it in the order of that word. The first gives the end of the grace period all that
//! the reader has done, the second gives the reader all that was done before the grace period;
//! readers give each other nothing.

use loom::sync::{
    atomic::{
        fence,
        AtomicU64,
        Ordering, //
    },
    Condvar,
    Mutex, //
};

use crate::{
    bindings::callback_head,
    model::{
        thread,
        with_rcu,
        THREADS, //
    }, //
};

type Callback = unsafe extern "C" fn(*mut callback_head);

pub(crate) struct Rcu {
    readers: Vec<AtomicU64>,
    /// The kernel's number of grace periods: odd while there is one.
    sequence: AtomicU64,
    /// Held by who makes one.
    turn: Mutex<()>,
    callbacks: Mutex<Callbacks>,
    more: Condvar,
}

#[derive(Default)]
struct Callbacks {
    waiting: Vec<(*mut callback_head, Callback)>,
    running: bool,
    stop: bool,
}

impl Rcu {
    pub(crate) fn new() -> Self {
        Self {
            readers: (0..THREADS).map(|_| AtomicU64::new(0)).collect(),
            sequence: AtomicU64::new(0),
            turn: Mutex::new(()),
            callbacks: Mutex::new(Callbacks::default()),
            more: Condvar::new(),
        }
    }

    fn grace_period(&self) {
        let _turn = self.turn.lock().unwrap();
        fence(Ordering::SeqCst);
        self.sequence.fetch_add(1, Ordering::AcqRel);
        for reader in &self.readers {
            while reader.fetch_add(0, Ordering::AcqRel) % 2 == 1 {
                loom::thread::yield_now();
            }
        }
        self.sequence.fetch_add(1, Ordering::AcqRel);
        fence(Ordering::SeqCst);
    }
}

/// Begins a reader. One inside another isn't known here.
pub fn read_lock() {
    with_rcu(|rcu| rcu.readers[thread()].fetch_add(1, Ordering::Acquire));
}

pub fn read_unlock() {
    with_rcu(|rcu| rcu.readers[thread()].fetch_add(1, Ordering::Release));
}

pub fn synchronize_rcu() {
    with_rcu(Rcu::grace_period);
}

/// For what is dropped at the end, when the thread has ended that calls callbacks.
pub fn rcu_barrier() {
    with_rcu(|rcu| assert!(rcu.callbacks.lock().unwrap().waiting.is_empty()));
}

/// The number that a whole grace period from now ends with, or a later one.
pub fn now() -> u64 {
    let now = with_rcu(|rcu| {
        fence(Ordering::SeqCst);
        rcu.sequence.fetch_add(0, Ordering::AcqRel)
    });
    (now + 3) & !1
}

/// Whether that one is over.
pub fn elapsed(number: u64) -> bool {
    let elapsed = with_rcu(|rcu| rcu.sequence.load(Ordering::Acquire)) >= number;
    if elapsed {
        fence(Ordering::SeqCst);
    }
    elapsed
}

pub(crate) fn call(head: *mut callback_head, function: Callback) {
    with_rcu(|rcu| {
        let mut callbacks = rcu.callbacks.lock().unwrap();
        let known = callbacks.waiting.iter().any(|(other, _)| *other == head);
        assert!(!known, "call_rcu() is given a head that it has already");
        callbacks.waiting.push((head, function));
        rcu.more.notify_all();
    });
}

/// What the thread does that calls callbacks, until it is told to stop and none is left.
pub fn callbacks() {
    with_rcu(|rcu| loop {
        let waiting = {
            let mut callbacks = rcu.callbacks.lock().unwrap();
            callbacks.running = false;
            while callbacks.waiting.is_empty() && !callbacks.stop {
                callbacks = rcu.more.wait(callbacks).unwrap();
            }
            callbacks.running = true;
            core::mem::take(&mut callbacks.waiting)
        };
        if waiting.is_empty() {
            return;
        }
        rcu.grace_period();
        for (head, function) in waiting {
            // SAFETY: It was given to `call_rcu()` with this head.
            unsafe { function(head) };
        }
    });
}

/// Whether no callback is waiting or running.
pub fn is_idle() -> bool {
    with_rcu(|rcu| {
        let callbacks = rcu.callbacks.lock().unwrap();
        callbacks.waiting.is_empty() && !callbacks.running
    })
}

/// Has [`callbacks()`] return.
pub fn stop() {
    with_rcu(|rcu| {
        rcu.callbacks.lock().unwrap().stop = true;
        rcu.more.notify_all();
    });
}
