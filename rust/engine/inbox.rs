// SPDX-License-Identifier: GPL-2.0

//! Where objects wait that came in atomic context, until a task queues them as if it were theirs.
//!
//! Putting in is all that the caller does; pages, cookies and low memory are the task's concern. A
//! grace period that starts after the task has queued the object starts after the call.
//!
//! The first one that is put in has the task called by an interrupt, so that it doesn't matter
//! which locks the caller holds.

use kernel::{
    bindings::gfp_t,
    cpu::CpuId,
    prelude::*, //
};

use crate::{
    engine::fifo::{
        Fifo,
        Put, //
    },
    object::Object,
    platform::{
        cpu::is_isolated,
        irq_work::{
            IrqWork,
            RunSoon, //
        },
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
pub(crate) trait Sink: Clone + Send + Sync + 'static {
    /// What it knows of those that it is given one after the other.
    type Batch: Default;

    /// Where the work runs that moves them.
    fn wq(&self) -> &WorkQueue;

    /// Queues an object that was put in. There are `left` in the inbox, with this one.
    ///
    /// # Context
    ///
    /// Process context, may sleep.
    fn queue(
        &self,
        task: &mut TaskContext<'_>,
        object: Object,
        left: usize,
        batch: &mut Self::Batch,
    );
}

/// Objects that came in atomic context.
#[pin_data]
pub(crate) struct Inbox<S: Sink> {
    #[pin]
    work: IrqWork<Mover<S>>,
}

/// Queues what is in an inbox on the CPU that it runs on.
pub(super) struct Mover<S> {
    fifo: Fifo,
    /// With so many objects in it, it hurries.
    mark: usize,
    sink: S,
}

impl<S: Sink> Inbox<S> {
    /// Makes an inbox with room for `nr` objects, in memory that is allocated with `gfp` on the
    /// memory node `node` if it has some. It is emptied at once when there are `mark` of them.
    ///
    /// # Context
    ///
    /// Process context; sleeps if `gfp` allows.
    pub(crate) fn new(
        sink: S,
        nr: usize,
        mark: usize,
        gfp: gfp_t,
        node: i32,
    ) -> Result<impl PinInit<Self>> {
        let mover = Mover {
            fifo: Fifo::new(nr, mark, gfp, node)?,
            mark,
            sink,
        };
        Ok(pin_init!(Self {
            work <- IrqWork::new(mover, work_class!(c"rcu_headless_mover")),
        }))
    }

    fn mover(&self) -> &Mover<S> {
        self.work.work().target()
    }

    /// The queue of objects, to see how many there are.
    pub(crate) fn fifo(&self) -> &Fifo {
        &self.mover().fifo
    }

    /// Whether all objects that were put in have been queued.
    pub(crate) fn is_idle(&self) -> bool {
        self.fifo().is_empty()
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
    /// Any context.
    pub(crate) fn put(&self, object: Object, reader: &NoPreempt) -> Result<(), Object> {
        match self.fifo().put(object, reader)? {
            Put::In => {}
            Put::First | Put::AtMark => self.work.ask(reader),
        }
        Ok(())
    }

    /// Has the work queued if there is anything for it to do.
    ///
    /// # Context
    ///
    /// Any context but NMI.
    pub(crate) fn hurry(&self) {
        if !self.is_idle() {
            self.work.work().queue_now(self.mover().sink.wq());
        }
    }

    /// Has everything queued that was put in before the call.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn flush(&self) {
        if !self.is_idle() {
            self.hurry();
            self.work.work().wait();
        }
    }
}

impl<S: Sink> RunSoon for Mover<S> {
    fn queue(work: &Work<Self>) {
        let mover = work.target();
        // On an isolated CPU there is to be no timer.
        if mover.fifo.len() >= mover.mark || is_isolated(CpuId::current()) {
            work.queue_now(mover.sink.wq());
        } else {
            work.queue(mover.sink.wq(), MOVE_DELAY_JIFFIES);
        }
    }
}

impl<S: Sink> Run for Mover<S> {
    fn run(&self, task: &mut TaskContext<'_>) {
        // Who puts in after this queues the work again.
        let end = self.fifo.disarm();
        let mut batch = S::Batch::default();
        while !self.fifo.has_come_to(end) {
            // SAFETY: A work item doesn't run twice at a time, and the workqueue orders its runs.
            let taken = unsafe {
                self.fifo.take_with(|object| {
                    self.sink.queue(task, object, self.fifo.len(), &mut batch);
                })
            };
            if !taken {
                // A caller has a number and was interrupted before it filled the place: a reader.
                synchronize_rcu();
            }
        }
    }
}
