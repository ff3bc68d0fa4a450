// SPDX-License-Identifier: GPL-2.0

//! Work: what code did before it queued it is seen by a run.

use kernel::{
    bindings::{
        stop,
        worker, //
    },
    model::spawn,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};
use loom::cell::UnsafeCell;

use super::{
    share,
    share_pinned,
    Model, //
};
use crate::platform::{
    this_cpu::TaskContext,
    work::{
        work_class,
        Run,
        Work,
        WorkQueue, //
    },
};

/// What two threads ask for, and whether a run has seen that.
struct Asked {
    asked: [Atomic<bool>; 2],
    seen: [UnsafeCell<bool>; 2],
}

// SAFETY: Only the run writes, and who reads has waited for it, which is what loom finds out.
unsafe impl Sync for Asked {}

impl Asked {
    fn expect(&self, thread: usize) {
        // SAFETY: As above.
        assert!(
            self.seen[thread].with(|seen| unsafe { *seen }),
            "no run has seen it"
        );
    }
}

impl Run for Asked {
    fn run(&self, _: &mut TaskContext<'_>) {
        for (asked, seen) in self.asked.iter().zip(&self.seen) {
            // Once, as who has waited for it may be looking.
            if asked.load(Relaxed) && !seen.with(|seen| unsafe { *seen }) {
                seen.with_mut(|seen| unsafe { *seen = true });
            }
        }
    }
}

fn setup() -> (&'static Work<Asked>, &'static WorkQueue) {
    let asked = Asked {
        asked: [const { Atomic::new(false) }; 2],
        seen: [false; 2].map(UnsafeCell::new),
    };
    let wq = share(WorkQueue::new_reclaim(c"wq").unwrap());
    (share_pinned(Work::new(asked, work_class!(c"asked"))), wq)
}

pub(super) const MARK: Model = Model {
    name: "work-mark",
    of: "work: where it isn't queued again, the run to come sees what was done before",
    bound: Some(3),
    words: 8,
    run: mark,
    after: || (),
};

fn mark() {
    let (work, wq) = setup();
    let worker = spawn(worker);
    let ask = move |thread: usize| {
        work.target().asked[thread].store(true, Relaxed);
        work.queue(wq, 0);
    };
    let other = spawn(move || ask(1));
    ask(0);
    other.join().unwrap();
    stop();
    worker.join().unwrap();
    work.target().expect(0);
    work.target().expect(1);
}

pub(super) const WAIT: Model = Model {
    name: "work-wait",
    of: "work: who has queued it and waits has been seen by a run",
    bound: Some(2),
    words: 8,
    run: wait,
    after: || (),
};

fn wait() {
    let (work, wq) = setup();
    let worker = spawn(worker);
    let ask = move |thread: usize| {
        work.target().asked[thread].store(true, Relaxed);
        work.queue_now(wq);
        work.wait();
        work.target().expect(thread);
    };
    let other = spawn(move || ask(1));
    ask(0);
    other.join().unwrap();
    stop();
    worker.join().unwrap();
}
