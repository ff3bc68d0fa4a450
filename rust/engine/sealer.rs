// SPDX-License-Identifier: GPL-2.0

//! From an open page to a sealed one when no more pointers come.
//!
//! [`Sealer`] is work with a timer, one for both channels. It is queued with the queue's lock held,
//! so that what it is queued for and when agree: a page that is due earlier brings it forward.

use kernel::time::msecs_to_jiffies;

use crate::{
    engine::{
        here::HereQueue,
        queue::LockedQueue,
        state::Sealer, //
    },
    object::Channel,
    params,
    platform::{
        jiffies::{
            self,
            Jiffies, //
        },
        this_cpu::TaskContext,
        work::Run, //
    }, //
};

impl HereQueue<'_> {
    /// Has a page that was just opened sealed when it has waited long enough.
    pub(super) fn seal_later(&mut self, channel: Channel) {
        let due = jiffies::after(msecs_to_jiffies(params::drain_delay_ms()));
        self.due[channel as usize] = due;
        if self
            .sealer_due
            .is_none_or(|queued| jiffies::is_before(due, queued))
        {
            let here = !self.is_isolated();
            self.queue_sealer(due, here);
        }
    }
}

impl LockedQueue<'_> {
    /// Queues the sealer for `due`, whether it is queued or not. The timer is this CPU's, or with
    /// `here` unset another's: the work sets it.
    fn queue_sealer(&mut self, due: Jiffies, here: bool) {
        self.sealer_due = Some(due);
        let (sealer, wq) = (&self.queue().sealer, self.queue().engine.wq());
        match here {
            true => sealer.requeue(wq, jiffies::until(due)),
            false => sealer.requeue(wq, 0),
        }
    }

    /// Has the open pages sealed that have waited long enough, and looks again when others have.
    fn revoke_old(&mut self) {
        let mut next = None;
        for channel in Channel::ALL {
            if !self.queue().lane(channel).is_open() {
                continue;
            }
            let due = self.due[channel as usize];
            if jiffies::until(due) == 0 {
                self.revoke_one(channel);
            } else if next.is_none_or(|next| jiffies::is_before(due, next)) {
                next = Some(due);
            }
        }
        self.rearm();
        self.sealer_due = None;
        if let Some(due) = next {
            self.queue_sealer(due, true);
        }
    }
}

impl Run for Sealer {
    fn run(&self, task: &mut TaskContext<'_>) {
        if let Some(queue) = self.queue() {
            queue.lock(task).revoke_old();
        }
    }
}
