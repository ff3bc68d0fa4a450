// SPDX-License-Identifier: GPL-2.0

//! `memory`: what the module holds now and has held at most, as `name value` lines.

use kernel::{
    fmt,
    page::PAGE_SIZE, //
};

use crate::{
    engine::Handle,
    object::Channel,
    observe::stats::{
        self,
        Counter, //
    },
    platform::this_cpu::TaskContext, //
};

/// Prints pages and then objects; the latter are those in pages and in callers' hands.
pub(super) fn show(engine: &Handle, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut sums = [0; 6];
    // SAFETY: Files are read by tasks that may sleep, which come from outside of this module.
    let task = unsafe { TaskContext::assume() };
    for queue in engine.queues.iter() {
        // Nobody but calls in their fast path changes anything meanwhile.
        let mut locked = queue.lock(&task);
        locked.settle_sums();
        let values = [
            queue.open_pages() as i64,
            queue.stats.get(Counter::PendingPages),
            queue.spares.len() as i64,
            locked.waiting_objects(),
            locked.waiting_bytes(Channel::Slab),
            locked.waiting_bytes(Channel::Vmalloc),
        ];
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
    }
    let [open, waiting, spare, objects, bytes_slab, bytes_vmalloc] = sums;
    let lines = [
        ("page_size", PAGE_SIZE as i64),
        ("pages_allocated", stats::PAGES.get()),
        ("pages_allocated_high", stats::PAGES.high()),
        ("pages_open", open),
        ("pages_waiting", waiting),
        ("pages_spare", spare),
        ("objects_waiting", objects),
        ("objects_waiting_high", stats::OBJECTS.high_with(objects)),
        ("bytes_waiting_slab", bytes_slab),
        ("bytes_waiting_vmalloc", bytes_vmalloc),
        (
            "bytes_waiting_high",
            stats::BYTES.high_with(bytes_slab + bytes_vmalloc),
        ),
    ];
    for (name, value) in lines {
        writeln!(f, "{name} {value}")?;
    }
    Ok(())
}
