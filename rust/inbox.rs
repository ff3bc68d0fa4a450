// SPDX-License-Identifier: GPL-2.0

//! Where objects wait that came in atomic context, until a task queues them as if it were theirs.
//!
//! Putting in is all that the caller does; pages, cookies and low memory are the task's concern. A
//! grace period that starts after the task has queued the object starts after the call.

use kernel::{
    bindings::gfp_t,
    prelude::*,
    sync::atomic::{
        Atomic,
        Full, //
    }, //
};

use crate::{
    bulk_page::Object,
    engine::Handle,
    fifo::Fifo,
    submit,
    this_cpu::Task,
    work::{
        Run,
        Work, //
    }, //
};

/// How long objects may gather before they are moved on, unless half of the room is taken.
const MOVE_DELAY_JIFFIES: kernel::time::Jiffies = 1;

/// Objects that came in atomic context.
#[pin_data]
pub(crate) struct Inbox {
    #[pin]
    work: Work<Mover>,
}

/// Queues what is in an inbox on the CPU that it runs on.
struct Mover {
    /// What is in it was given away to be freed by `kvfree()`.
    fifo: Fifo,
    /// The work is queued or has yet to look into the fifo.
    armed: Atomic<bool>,
    engine: Handle,
}

impl Inbox {
    /// Makes an inbox with room for `nr` objects, in memory that is allocated with `gfp`.
    ///
    /// # Context
    ///
    /// Process context; sleeps if `gfp` allows.
    pub(crate) fn new(engine: Handle, nr: usize, gfp: gfp_t) -> Result<impl PinInit<Self>> {
        let mover = Mover {
            fifo: Fifo::new(nr, gfp)?,
            armed: Atomic::new(false),
            engine,
        };
        Ok(pin_init!(Self {
            work <- Work::new(mover),
        }))
    }

    fn work(self: Pin<&Self>) -> Pin<&Work<Mover>> {
        // SAFETY: The field is pinned along with the struct.
        unsafe { self.map_unchecked(|s| &s.work) }
    }

    /// The queue of objects, to see how many there are.
    pub(crate) fn fifo(&self) -> &Fifo {
        &self.work.target().fifo
    }

    /// Takes an object in. `false` if there is no room: it wasn't taken.
    ///
    /// # Safety
    ///
    /// `object` must be the caller's to give away, to be freed by `kvfree()`.
    ///
    /// # Context
    ///
    /// Any context but NMI.
    pub(crate) unsafe fn put(self: Pin<&Self>, object: Object) -> bool {
        let mover = self.work.target();
        if !mover.fifo.put(object) {
            return false;
        }
        let wq = mover.engine.wq();
        // Full: the work sees the object, or has cleared the flag before this and is queued again.
        if !mover.armed.xchg(true, Full) {
            self.work().queue(wq, MOVE_DELAY_JIFFIES);
        } else if mover.fifo.len() == mover.fifo.capacity() / 2 {
            self.work().hurry(wq);
        }
        true
    }

    /// Has everything queued that was put in before the call.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn flush(self: Pin<&Self>) {
        self.work().flush();
    }
}

impl Run for Mover {
    fn run(&self, task: &mut Task) {
        // What is taken out of the fifo here is seen by the barrier as being in hand.
        let _in_hand = self.engine.in_hand.read_lock();
        // Full: who comes after this queues the work again, who came before is seen below.
        unless_mutant!("inbox_flag_stays", self.armed.xchg(false, Full));
        // SAFETY: A work item doesn't run twice at a time, and the workqueue orders its runs.
        while let Some(object) = unsafe { self.fifo.take() } {
            // SAFETY: Whoever put it in gave it away, to be freed by `kvfree()`.
            unsafe { submit::queue_from_inbox(task, &self.engine, object) };
        }
    }
}
