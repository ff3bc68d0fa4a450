// SPDX-License-Identifier: GPL-2.0

//! How the engine queues what comes out of an inbox.

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
    platform::{
        this_cpu::TaskContext,
        work::WorkQueue, //
    }, //
};

impl Sink for Handle {
    fn wq(&self) -> &WorkQueue {
        (**self).wq()
    }

    fn queue(&self, task: &mut TaskContext<'_>, object: Object) {
        // The call is over: there is no caller to report.
        if !double_free::enter(object.as_ptr()) {
            return Misuse::DoubleFree.report(0);
        }
        enqueue(task, self, object, 0);
    }
}
