// SPDX-License-Identifier: GPL-2.0

//! The work that gets a CPU more empty pages when it runs low.

use kernel::time::Jiffies;

use crate::{
    engine::state::Refill,
    page::spares::backoff_left,
    platform::{
        this_cpu::TaskContext,
        work::Run, //
    }, //
};

impl Refill {
    /// How long to wait before there is any use in it.
    pub(super) fn delay() -> Jiffies {
        backoff_left()
    }
}

impl Run for Refill {
    fn run(&self, _: &mut TaskContext<'_>) {
        if let Some(queue) = self.queue() {
            // When there is no memory, the next caller who finds few pages asks again.
            let _ = queue.spares.fill();
        }
    }
}
