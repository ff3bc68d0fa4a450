// SPDX-License-Identifier: GPL-2.0

//! The alarm, and the work that it queues: as queue.rs and drain.rs use them.

use core::cell::Cell;

use kernel::{
    model::spawn,
    sync::rcu, //
};
use loom::sync::{
    Condvar,
    Mutex, //
};

use super::{
    share,
    share_pinned,
    Model, //
};
use crate::platform::{
    rcu::{
        Alarm,
        Cookie,
        Ring, //
    },
    this_cpu::TaskContext,
    work::{
        work_class,
        Run,
        Work,
        WorkQueue, //
    },
};

pub(super) const ALARM: Model = Model {
    name: "alarm",
    of: "alarm and work: while pages wait, one of them is to come",
    bound: Some(3),
    words: 8,
    run: alarm,
    after: || (),
};

/// The pages that wait, which are nothing but cookies here, and how many have gone.
struct Pages {
    waiting: Mutex<(Vec<Cookie>, usize)>,
    gone: Condvar,
    alarm: Cell<Option<&'static Alarm<OnAlarm>>>,
}

// SAFETY: The reference is put there before there are other threads.
unsafe impl Sync for Pages {}

impl Pages {
    fn set_alarm(&self) {
        self.alarm.get().unwrap().set();
    }
}

/// The drain.
struct Drain(&'static Pages);

impl Run for Drain {
    fn run(&self, _: &mut TaskContext<'_>) {
        let left = {
            let mut pages = self.0.waiting.lock().unwrap();
            let before = pages.0.len();
            pages.0.retain(|cookie| !cookie.elapsed());
            pages.1 += before - pages.0.len();
            pages.0.len()
        };
        if left > 0 {
            self.0.set_alarm();
        }
        self.0.gone.notify_all();
    }
}

struct OnAlarm {
    drain: &'static Work<Drain>,
    wq: &'static WorkQueue,
}

impl Ring for OnAlarm {
    fn ring(&self) {
        self.drain.queue_now(self.wq);
    }
}

fn alarm() {
    let wq = share(WorkQueue::new_reclaim(c"wq").unwrap());
    let pages = share(Pages {
        waiting: Mutex::new((Vec::new(), 0)),
        gone: Condvar::new(),
        alarm: Cell::new(None),
    });
    let drain = share_pinned(Work::new(Drain(pages), work_class!(c"drain")));
    // SAFETY: Both stay for ever.
    let alarm = unsafe { Alarm::new(OnAlarm { drain, wq }) };
    pages.alarm.set(Some(share_pinned(alarm)));
    let callbacks = spawn(rcu::callbacks);
    let worker = spawn(kernel::bindings::worker);

    for _ in 0..2 {
        let cookie = Cookie::now();
        pages.waiting.lock().unwrap().0.push(cookie);
        pages.set_alarm();
    }
    // If one is forgotten, nobody has anything more to do.
    let mut waiting = pages.waiting.lock().unwrap();
    while waiting.1 < 2 {
        waiting = pages.gone.wait(waiting).unwrap();
    }
    drop(waiting);
    rcu::stop();
    callbacks.join().unwrap();
    kernel::bindings::stop();
    worker.join().unwrap();
}
