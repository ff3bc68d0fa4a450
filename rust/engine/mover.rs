// SPDX-License-Identifier: GPL-2.0

//! How the engine queues what comes out of an inbox.

use crate::{
    check::{
        address::channel_of,
        double_free,
        misuse::Misuse, //
    },
    engine::{
        fallback,
        in_hand::InHand,
        inbox::Sink,
        Handle, //
    },
    object::Object,
    platform::{
        this_cpu::TaskContext,
        work::WorkQueue, //
    }, //
};

impl Sink for Handle {
    fn wq(&self) -> &WorkQueue {
        (**self).wq()
    }

    fn in_hand(&self) -> &InHand {
        &self.in_hand
    }

    unsafe fn queue(&self, task: &mut TaskContext, object: Object) {
        // The call is over: there is no caller to report.
        if !double_free::enter_late(object) {
            return Misuse::DoubleFree.report(0);
        }
        // SAFETY: The contract; the object is in the channel that it belongs to.
        unsafe { fallback::queue(task, self, channel_of(object), object, 0) };
    }
}
