// SPDX-License-Identifier: GPL-2.0

//! Where objects wait that came in atomic context, until a task queues them as if it were theirs.
//!
//! Putting in is all that the caller does; pages, cookies and low memory are the task's concern. A
//! grace period that starts after the task has queued the object starts after the call.

use kernel::{
    bindings::gfp_t,
    prelude::*, //
};

use crate::{
    engine::{
        fifo::{
            Fifo,
            Put, //
        },
        in_hand::InHand, //
    },
    object::Object,
    platform::{
        rcu::synchronize_rcu,
        this_cpu::{
            NoPreempt,
            TaskContext, //
        },
        work::{
            work_class,
            Run,
            Work,
            WorkQueue, //
        }, //
    }, //
};

/// How long objects may gather before they are moved on, unless there are many.
const MOVE_DELAY_JIFFIES: kernel::time::Jiffies = 1;

/// Where the objects of an inbox go.
pub(crate) trait Sink: Send + Sync + 'static {
    /// Where the work runs that moves them.
    fn wq(&self) -> &WorkQueue;

    /// Where it is counted that the work has objects which are on no queue.
    fn in_hand(&self) -> &InHand;

    /// Queues an object that was put in.
    ///
    /// # Context
    ///
    /// Process context, may sleep.
    fn queue(&self, task: &mut TaskContext<'_>, object: Object);
}

/// Objects that came in atomic context.
#[pin_data]
pub(crate) struct Inbox<S: Sink> {
    #[pin]
    work: Work<Mover<S>>,
}

/// Queues what is in an inbox on the CPU that it runs on.
struct Mover<S> {
    fifo: Fifo,
    sink: S,
}

impl<S: Sink> Inbox<S> {
    /// Makes an inbox with room for `nr` objects, in memory that is allocated with `gfp`. It is
    /// emptied at once when there are `mark` of them.
    ///
    /// # Context
    ///
    /// Process context; sleeps if `gfp` allows.
    pub(crate) fn new(sink: S, nr: usize, mark: usize, gfp: gfp_t) -> Result<impl PinInit<Self>> {
        let mover = Mover {
            fifo: Fifo::new(nr, mark, gfp)?,
            sink,
        };
        Ok(pin_init!(Self {
            work <- Work::new(mover, work_class!(c"rcu_headless_mover")),
        }))
    }

    /// The queue of objects, to see how many there are.
    pub(crate) fn fifo(&self) -> &Fifo {
        &self.work.target().fifo
    }

    /// Takes an object in if that is all there is to do. Otherwise it comes back.
    ///
    /// # Context
    ///
    /// Any context.
    #[inline(always)]
    pub(crate) fn put_quickly(&self, object: Object, reader: &NoPreempt) -> Result<(), Object> {
        self.fifo().put_quickly(object, reader)
    }

    /// Takes an object in, and has the work queued if need be. If there is no room it comes back.
    ///
    /// # Context
    ///
    /// Any context but NMI.
    pub(crate) fn put(&self, object: Object, reader: &NoPreempt) -> Result<(), Object> {
        let wq = self.work.target().sink.wq();
        match self.fifo().put(object, reader)? {
            Put::In => {}
            Put::First => self.work.queue(wq, MOVE_DELAY_JIFFIES),
            Put::AtMark => self.work.queue_now(wq),
        }
        Ok(())
    }

    /// Has everything queued that was put in before the call.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn flush(&self) {
        // Who put something in first may not have come to queue the work yet.
        if self.fifo().is_armed() {
            self.work.queue_now(self.work.target().sink.wq());
        }
        self.work.wait();
    }
}

impl<S: Sink> Run for Mover<S> {
    fn run(&self, task: &mut TaskContext<'_>) {
        // What is taken out of the fifo here is seen by the barrier as being in hand.
        let _in_hand = self.sink.in_hand().hold();
        // Who puts in after this queues the work again.
        let end = self.fifo.disarm();
        while !self.fifo.has_come_to(end) {
            // SAFETY: A work item doesn't run twice at a time, and the workqueue orders its runs.
            match unsafe { self.fifo.take() } {
                Some(object) => self.sink.queue(task, object),
                // A caller has a number and was interrupted before it filled the place: a reader.
                None => synchronize_rcu(),
            }
        }
    }
}
