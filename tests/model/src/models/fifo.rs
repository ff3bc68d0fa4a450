// SPDX-License-Identifier: GPL-2.0

//! The fifo: several put in, one takes.

use kernel::model::spawn;
use loom::{
    cell::UnsafeCell,
    thread::yield_now, //
};

use super::{
    share,
    share_pinned,
    Model, //
};
use crate::{
    engine::{
        fifo::{
            Fifo,
            Put, //
        },
        inbox::{
            Inbox,
            Sink, //
        },
    },
    object::{
        Channel,
        Given,
        Object, //
    },
    platform::{
        this_cpu::{
            NoPreempt,
            TaskContext, //
        },
        work::WorkQueue, //
    },
};

/// What stands for an object.
struct Thing {
    number: u32,
    /// Written by who gives it away, read by the taker.
    inside: UnsafeCell<u32>,
}

impl Thing {
    fn object(number: u32) -> Object {
        let thing = share(Self {
            number,
            inside: UnsafeCell::new(0),
        });
        // SAFETY: Nobody else has it yet.
        thing.inside.with_mut(|inside| unsafe { *inside = number });
        // SAFETY: It is an object here.
        unsafe { Given::new(core::ptr::from_ref(thing).cast()).accept(Channel::Slab) }
    }

    fn of(object: Object) -> u32 {
        // SAFETY: It is that of a thing, which stays for ever.
        let thing = unsafe { &*object.into_raw().cast::<Self>() };
        // SAFETY: Nobody has it any more that gave it away, which is what loom finds out.
        let inside = thing.inside.with(|inside| unsafe { *inside });
        assert_eq!(inside, thing.number, "taken before it was finished");
        inside
    }
}

/// As the calls do: quickly, else by `put()`.
fn put(fifo: &Fifo, number: u32) -> Result<Put, Object> {
    let reader = NoPreempt::new();
    match fifo.put_quickly(Thing::object(number), &reader) {
        Ok(()) => Ok(Put::In),
        Err(object) => fifo.put(object, &reader),
    }
}

/// As the mover does, once; whether there was one.
fn take(fifo: &Fifo, f: impl FnOnce(u32)) -> bool {
    // SAFETY: Each model has one taker.
    unsafe { fifo.take_with(|object| f(Thing::of(object))) }
}

/// Takes so many and returns them in their order.
fn take_all(fifo: &Fifo, nr: usize) -> Vec<u32> {
    let mut numbers = Vec::new();
    while numbers.len() < nr {
        if !take(fifo, |number| numbers.push(number)) {
            yield_now();
        }
    }
    numbers
}

pub(super) const FULL: Model = Model {
    name: "fifo-full",
    of: "fifo: a put isn't refused while there is room",
    bound: None,
    words: 8,
    run: full,
    after: || (),
};

fn full() {
    let fifo = share(Fifo::new(2, 1, 0, 0).unwrap());
    let putters = [1, 2].map(|number| {
        spawn(move || assert!(put(fifo, number).is_ok(), "two were put in: there was room"))
    });
    let mut taken = take_all(fifo, 2);
    taken.sort_unstable();
    assert_eq!(taken, [1, 2]);
    putters
        .into_iter()
        .for_each(|putter| putter.join().unwrap());
    assert!(fifo.is_empty() && fifo.total() == 2);
}

pub(super) const WRAP: Model = Model {
    name: "fifo-wrap",
    of: "fifo: a place is used again when it is free, and no object is lost",
    bound: Some(3),
    words: 8,
    run: wrap,
    after: || (),
};

fn wrap() {
    let fifo = share(Fifo::new(1, 1, 0, 0).unwrap());
    let putters = [1, 2].map(|number| {
        spawn(move || {
            while put(fifo, number).is_err() {
                yield_now();
            }
        })
    });
    let mut taken = take_all(fifo, 2);
    taken.sort_unstable();
    assert_eq!(taken, [1, 2]);
    putters
        .into_iter()
        .for_each(|putter| putter.join().unwrap());
    assert!(!take(fifo, |_| ()) && fifo.is_empty());
}

pub(super) const ORDER: Model = Model {
    name: "fifo-order",
    of: "fifo: what one puts in comes out in that order",
    bound: Some(2),
    words: 8,
    run: order,
    after: || (),
};

fn order() {
    let fifo = share(Fifo::new(3, 2, 0, 0).unwrap());
    let putters = [vec![1, 2], vec![3]].map(|numbers| {
        spawn(move || {
            numbers
                .into_iter()
                .for_each(|number| assert!(put(fifo, number).is_ok()))
        })
    });
    let taken = take_all(fifo, 3);
    putters
        .into_iter()
        .for_each(|putter| putter.join().unwrap());
    assert!([[1, 2, 3], [1, 3, 2], [3, 1, 2]].contains(&[taken[0], taken[1], taken[2]]));
}

pub(super) const EMPTY: Model = Model {
    name: "fifo-empty",
    of: "fifo: when it is found empty, all that was put in before has been handed on",
    bound: Some(3),
    words: 8,
    run: empty,
    after: || (),
};

fn empty() {
    let fifo = share(Fifo::new(2, 2, 0, 0).unwrap());
    let handed_on = share(HandedOn::new());
    let other = spawn(move || assert!(put(fifo, 2).is_ok()));
    let looker = spawn(move || {
        assert!(put(fifo, 1).is_ok());
        if fifo.is_empty() {
            handed_on.expect(1);
        }
    });
    let mut nr = 0;
    while nr < 2 {
        match take(fifo, |number| handed_on.add(number)) {
            true => nr += 1,
            false => yield_now(),
        }
    }
    other.join().unwrap();
    looker.join().unwrap();
    assert!(fifo.is_empty());
}

/// What the taker has handed on. Who looks must know that it is among it: loom finds out.
struct HandedOn([UnsafeCell<bool>; 3]);

// SAFETY: As above.
unsafe impl Sync for HandedOn {}

impl HandedOn {
    fn new() -> Self {
        Self([0; 3].map(|_| UnsafeCell::new(false)))
    }

    fn add(&self, number: u32) {
        // SAFETY: Nobody looks at it yet.
        self.0[number as usize].with_mut(|it| unsafe { *it = true });
    }

    fn expect(&self, number: u32) {
        // SAFETY: It has been handed on, or there is a mistake to be found.
        assert!(
            self.0[number as usize].with(|it| unsafe { *it }),
            "it isn't handed on yet"
        );
    }
}

/// Where what comes out of the inbox goes.
#[derive(Clone, Copy)]
struct OnList {
    wq: &'static WorkQueue,
    handed_on: &'static HandedOn,
}

impl Sink for OnList {
    type Batch = ();

    fn wq(&self) -> &WorkQueue {
        self.wq
    }

    fn queue(&self, _: &mut TaskContext<'_>, object: Object, _: usize, _: &mut ()) {
        self.handed_on.add(Thing::of(object));
    }
}

pub(super) const FLUSH: Model = Model {
    name: "inbox",
    of: "fifo and inbox: a flush leaves nothing that was put in before, the work nothing at all",
    bound: Some(2),
    words: 12,
    run: flush,
    after: || (),
};

fn flush() {
    let wq = share(WorkQueue::new_reclaim(c"wq").unwrap());
    let handed_on = share(HandedOn::new());
    let inbox = share_pinned(Inbox::new(OnList { wq, handed_on }, 2, 2, 0, 0).unwrap());
    let put_in = |number| {
        let reader = NoPreempt::new();
        let put = inbox
            .put_quickly(Thing::object(number), &reader)
            .or_else(|object| inbox.put(object, &reader));
        assert!(put.is_ok(), "there is room for two");
    };
    let worker = spawn(kernel::bindings::worker);
    let other = spawn(move || put_in(2));
    put_in(1);
    inbox.flush();
    handed_on.expect(1);
    other.join().unwrap();
    kernel::bindings::stop();
    worker.join().unwrap();
    assert!(inbox.is_idle(), "nobody takes it out any more");
    handed_on.expect(2);
}
