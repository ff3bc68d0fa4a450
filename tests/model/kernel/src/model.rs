// SPDX-License-Identifier: GPL-2.0

//! Runs a model, and keeps what belongs to one execution of it.

use std::{
    cell::{
        Cell,
        RefCell, //
    },
    rc::Rc, //
};

use loom::sync::atomic::AtomicU64;

use crate::{
    bindings::workqueue,
    sync::rcu, //
};

/// How many threads there can be, the first included: loom's limit.
pub const THREADS: usize = 5;

/// What one execution has. loom's threads are run in turns by one of the system, which this is for.
struct Execution {
    number: u32,
    /// Loom's atomics that are there to be used.
    words: Vec<AtomicU64>,
    used: Cell<u32>,
    threads: Cell<usize>,
    pub(crate) rcu: rcu::Rcu,
    pub(crate) pool: workqueue::Pool,
}

thread_local! {
    static EXECUTION: RefCell<Option<Rc<Execution>>> = const { RefCell::new(None) };
    static NUMBER: Cell<u32> = const { Cell::new(0) };
}

loom::thread_local! {
    static THREAD: Cell<usize> = Cell::new(0);
}

fn execution() -> Rc<Execution> {
    EXECUTION
        .with(|now| now.borrow().clone())
        .expect("not in a model")
}

/// Runs `f` in all the ways that loom finds, with at most so many preemptions in each where there
/// is a bound. `words` is how many atomics it uses at most.
pub fn check(bound: Option<usize>, words: usize, f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(bound);
    builder.max_branches = 10_000;
    builder.check(move || {
        let number = NUMBER.get() + 1;
        NUMBER.set(number);
        let execution = Execution {
            number,
            words: (0..words).map(|_| AtomicU64::new(0)).collect(),
            used: Cell::new(0),
            threads: Cell::new(1),
            rcu: rcu::Rcu::new(),
            pool: workqueue::Pool::new(),
        };
        EXECUTION.with(|now| *now.borrow_mut() = Some(Rc::new(execution)));
        f();
        EXECUTION.with(|now| now.borrow_mut().take());
    });
    println!("{} executions", NUMBER.get());
}

/// Starts a thread of the model.
pub fn spawn<R: 'static>(f: impl FnOnce() -> R + 'static) -> loom::thread::JoinHandle<R> {
    let execution = execution();
    let thread = execution.threads.get();
    execution.threads.set(thread + 1);
    loom::thread::spawn(move || {
        THREAD.with(|this| this.set(thread));
        f()
    })
}

/// The number of this thread.
pub(crate) fn thread() -> usize {
    THREAD.with(Cell::get)
}

pub(crate) fn with_rcu<R>(f: impl FnOnce(&rcu::Rcu) -> R) -> R {
    f(&execution().rcu)
}

pub(crate) fn with_pool<R>(f: impl FnOnce(&workqueue::Pool) -> R) -> R {
    f(&execution().pool)
}

/// Which of loom's atomics is an atomic's, and in which execution.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Seat {
    execution: u32,
    index: u32,
}

impl Seat {
    pub(crate) const NONE: Self = Self {
        execution: 0,
        index: 0,
    };
}

/// Finds loom's atomic, or gives the next one to it that is free.
pub(crate) fn seat_of(seat: &Cell<Seat>) -> impl core::ops::Deref<Target = AtomicU64> {
    let execution = execution();
    if seat.get().execution != execution.number {
        let index = execution.used.get();
        execution.used.set(index + 1);
        seat.set(Seat {
            execution: execution.number,
            index,
        });
    }
    Word(execution, seat.get().index as usize)
}

struct Word(Rc<Execution>, usize);

impl core::ops::Deref for Word {
    type Target = AtomicU64;

    fn deref(&self) -> &AtomicU64 {
        self.0
            .words
            .get(self.1)
            .expect("the model uses more atomics than it says")
    }
}
