// SPDX-License-Identifier: GPL-2.0

//! How the engine queues what comes out of an inbox, and weighs what is in it yet.
//!
//! Nobody has looked at the objects in an inbox, so all are taken for as large as the first that
//! come out. That matters where it takes long to empty: where the work is held back, or a reserve
//! is large.

use crate::{
    check::{
        double_free,
        misuse::Misuse, //
    },
    engine::{
        enqueue::enqueue,
        inbox::Sink,
        Handle, //
    },
    object::Object,
    observe::stats,
    page::sizes,
    platform::{
        this_cpu::TaskContext,
        work::WorkQueue, //
    }, //
};

/// What the objects in an inbox take that is being emptied.
#[derive(Default)]
pub(crate) struct Parked {
    /// How many have been looked at.
    seen: usize,
    /// What these take.
    bytes: usize,
    /// What this has added to the sum over all inboxes.
    added: i64,
}

/// How many objects are looked at.
const SAMPLES: usize = 16;

/// The sum is for all CPUs, so it is only changed for so much.
const STEP: i64 = 1 << 20;

impl Parked {
    /// `object` is about to be queued, and weighed there; then there are `left`.
    fn goes(&mut self, object: &Object, left: usize) {
        if self.seen < SAMPLES {
            self.seen += 1;
            self.bytes += sizes::up_to_large(object);
        }
        let now = left.saturating_mul(self.bytes / self.seen) as i64;
        if (now - self.added).abs() >= STEP {
            stats::PARKED_BYTES.add(now - self.added);
            self.added = now;
        }
    }
}

impl Drop for Parked {
    fn drop(&mut self) {
        if self.added != 0 {
            stats::PARKED_BYTES.add(-self.added);
        }
    }
}

impl Sink for Handle {
    type Batch = Parked;

    fn wq(&self) -> &WorkQueue {
        (**self).wq()
    }

    fn queue(&self, task: &mut TaskContext<'_>, object: Object, left: usize, parked: &mut Parked) {
        // First: it may be free already. The call is over, so there is no caller to report.
        if !double_free::enter(object.as_ptr()) {
            return Misuse::DoubleFree.report(0);
        }
        parked.goes(&object, left.saturating_sub(1));
        enqueue(task, self, object, None);
    }
}
