// SPDX-License-Identifier: GPL-2.0

//! The gate: calls store by themselves, and another CPU takes that away and seals their page.

use core::cell::Cell;

use kernel::{
    cpu::CpuId,
    model::spawn,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        barrier::smp_mb,
        rcu, //
    }, //
};
use loom::sync::Mutex;

use super::{
    share,
    Model, //
};
use crate::{
    check::plain,
    engine::gate::Gate,
    object::{
        Channel,
        Given,
        Object,
        Pointer, //
    },
    page::{
        bulk_page::{
            EmptyPage,
            SealedPage, //
        },
        cursor,
        lane::{
            lanes_of,
            Lane, //
        },
    },
    platform::this_cpu::{
        make_lanes,
        NoPreempt,
        OnThisCpu, //
    },
};

/// What stands for an object: the first grace period that it may be freed after.
struct Thing(Cell<u64>);

/// Makes one, given away now.
fn thing() -> &'static Thing {
    share(Thing(Cell::new(rcu::now())))
}

/// What [`crate::engine::queue`] and [`crate::engine::here`] do with a lane.
struct Queue {
    local: Mutex<Local>,
    lane: Lane,
    /// How many pointers a page has room for.
    room: usize,
    /// Whether there are empty pages: else a page that is to be sealed is filled first.
    replaceable: bool,
}

struct Local {
    gate: Gate,
    sealed: Vec<SealedPage>,
}

impl Local {
    /// As `LockedQueue::seal()`.
    fn seal(&mut self, lane: &Lane) {
        let stamp = self.gate.take_stamp();
        // SAFETY: The caller may use the cursor; the stamp is one of the page that is open.
        let Some(page) = (unsafe { lane.seal(0, stamp) }) else {
            return;
        };
        // SAFETY: As above.
        unsafe { self.gate.sealed(lane) };
        self.sealed.push(page);
        self.look();
    }

    /// Looks whether any page would be freed too early.
    fn look(&self) {
        for page in &self.sealed {
            if page.cookie.elapsed() {
                for pointer in &page.pointers {
                    // SAFETY: It is that of a thing, which stays for ever.
                    let thing = unsafe { &*pointer.cast::<Thing>() };
                    assert!(rcu::elapsed(thing.0.get()), "a page has an old cookie");
                }
            }
        }
    }
}

impl Queue {
    /// A call, on the queue's CPU.
    fn call(&self) -> *const Thing {
        let thing = thing();
        if let Err(given) = self.push(thing) {
            // SAFETY: It is an object here.
            self.enqueue(unsafe { given.accept(Channel::Slab) });
        }
        thing
    }

    /// Its fast path: whether it has stored by itself.
    fn push(&self, thing: &'static Thing) -> Result<(), Given> {
        // SAFETY: It is an object here.
        let given = unsafe { Given::new(core::ptr::from_ref(thing).cast()) };
        OnThisCpu::<()>::new().push(given, Channel::Slab)
    }

    /// As `enqueue()` with `HereQueue::push()` and `HereQueue::open()`.
    fn enqueue(&self, object: Object) {
        let _here = NoPreempt::new();
        let mut local = self.local.lock().unwrap();
        let object = match local.gate.is_closing() && self.replaceable {
            true => Err(object),
            // SAFETY: On the lane's CPU, with the lock.
            false => unsafe { self.lane.push(object) },
        };
        if let Err(object) = object {
            local.seal(&self.lane);
            let page = EmptyPage::new_reclaim(0).unwrap();
            // SAFETY: On the lane's CPU, with the lock, and the page was just sealed.
            unsafe { self.lane.open(page, object, self.room) };
        }
        // SAFETY: On the lane's CPU.
        unsafe { local.gate.admit(&self.lane) };
    }

    /// As `LockedQueue::revoke_one()`, on any CPU.
    fn revoke(&self) {
        let mut local = self.local.lock().unwrap();
        if !self.lane.is_open() {
            return;
        }
        match local.gate.is_closed() {
            true => local.seal(&self.lane),
            false => local.gate.revoke(&self.lane),
        }
    }

    /// As `LockedQueue::settle()`, on any CPU.
    fn settle(&self, must: bool) {
        let mut local = self.local.lock().unwrap();
        let over = local.gate.settle();
        if local.gate.is_closed() {
            if !self.lane.is_open() {
                local.gate.take_stamp();
            } else if must || (over && (self.replaceable || !local.gate.renew(&self.lane))) {
                local.seal(&self.lane);
            }
        }
        local.look();
    }
}

pub(super) const GATE: Model = Model {
    name: "gate",
    of: "gate and lane: another CPU seals a page, and no pointer is lost or freed early",
    bound: Some(3),
    words: 10,
    run: || {
        // There is room for one more at first.
        let (queue, first) = open(2, true);
        let caller = spawn(move || [queue.call(), queue.call()]);
        // Somebody else's grace period may be the one that is waited for.
        let other = spawn(rcu::synchronize_rcu);
        queue.revoke();
        queue.settle(false);
        rcu::synchronize_rcu();
        queue.settle(false);
        other.join().unwrap();
        let [second, third] = caller.join().unwrap();
        queue.finish(&[first, second, third]);
    },
    after: || (),
};

pub(super) const TWICE: Model = Model {
    name: "gate-twice",
    of: "gate and lane: the same if two want a page sealed, and there is no empty one",
    bound: Some(4),
    words: 10,
    run: || {
        let (queue, first) = open(4, false);
        let caller = spawn(move || [queue.call(), queue.call()]);
        queue.revoke();
        queue.revoke();
        queue.settle(false);
        rcu::synchronize_rcu();
        queue.revoke();
        queue.settle(true);
        let [second, third] = caller.join().unwrap();
        queue.finish(&[first, second, third]);
    },
    after: || (),
};

pub(super) const STRETCH: Model = Model {
    name: "gate-stretch",
    of: "gate and lane: the same where a page goes on after the end of a stretch",
    bound: Some(3),
    words: 10,
    run: || {
        // The last stretch of a page, and room for two before it.
        let (queue, first) = open(cursor::STRETCH / size_of::<Pointer>() + 2, false);
        let caller = spawn(move || [queue.call(), queue.call(), queue.call()]);
        queue.revoke();
        rcu::synchronize_rcu();
        queue.settle(false);
        rcu::synchronize_rcu();
        // The barrier doesn't wait for more.
        queue.settle(true);
        let [second, third, fourth] = caller.join().unwrap();
        queue.finish(&[first, second, third, fourth]);
    },
    after: || (),
};

pub(super) const WATCH: Model = Model {
    name: "gate-watch",
    of: "lane: no call stores by itself once somebody watches all of them",
    bound: None,
    words: 10,
    run: || {
        let units = share(Atomic::new(usize::MAX));
        plain::look_at(units);
        let (queue, _) = open(2, true);
        // As `set_ranges()` with `revoke_all()`.
        let watcher = spawn(move || {
            units.store(0, Relaxed);
            smp_mb(Full);
            queue.lane.revoke();
        });
        // The second opens a page, which has room for another.
        queue.call();
        queue.call();
        watcher.join().unwrap();
        assert!(queue.push(thing()).is_err(), "a call wasn't seen");
    },
    after: || (),
};

/// Makes a queue with an open page in which calls store by themselves, and an object in it.
fn open(room: usize, replaceable: bool) -> (&'static Queue, *const Thing) {
    make_lanes();
    let [lane, _] = lanes_of(CpuId(0));
    let queue: &Queue = share(Queue {
        local: Mutex::new(Local {
            gate: Gate::new(),
            sealed: Vec::new(),
        }),
        lane,
        room,
        replaceable,
    });
    (queue, queue.call())
}

impl Queue {
    /// Seals what is still open, as a barrier would, and looks for all objects.
    fn finish(&self, things: &[*const Thing]) {
        self.revoke();
        rcu::synchronize_rcu();
        self.settle(true);
        rcu::synchronize_rcu();
        let local = self.local.lock().unwrap();
        local.look();
        let pages = local.sealed.iter();
        let pointers: Vec<_> = pages.flat_map(|page| page.pointers.iter()).collect();
        let lost = things
            .iter()
            .any(|thing| !pointers.contains(&&thing.cast_mut().cast()));
        assert!(
            !lost && pointers.len() == things.len(),
            "a pointer is lost, or there twice"
        );
    }
}
