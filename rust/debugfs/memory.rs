// SPDX-License-Identifier: GPL-2.0

//! `memory`: what the module holds now and has held at most, as `name value` lines.

use kernel::{
    fmt,
    page::PAGE_SIZE, //
};

use crate::{
    engine::Handle,
    observe::stats::{
        self,
        Counter, //
    },
    platform::this_cpu::TaskContext, //
};

/// Prints pages and then objects; the latter are those in sealed pages and in callers' hands.
pub(super) fn show(engine: &Handle, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut sums = [0; 5];
    // SAFETY: Files are read by tasks that may sleep, which come from outside of this module.
    let task = unsafe { TaskContext::assume() };
    for queue in engine.queues.iter() {
        // What the CPU hasn't added to the sums yet.
        queue.lock(&task).settle_sums();
        let count = |counter| queue.stats.get(counter);
        let values = queue.consistent().read(|| {
            [
                queue.open_pages() as i64,
                count(Counter::PendingPages),
                queue.spares.len() as i64,
                count(Counter::BytesSlab),
                count(Counter::BytesVmalloc),
            ]
        });
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
    }
    let [open, waiting, spare, bytes_slab, bytes_vmalloc] = sums;
    let lines = [
        ("page_size", PAGE_SIZE as i64),
        ("pages_allocated", stats::PAGES.get()),
        ("pages_allocated_high", stats::PAGES.high()),
        ("pages_open", open),
        ("pages_waiting", waiting),
        ("pages_spare", spare),
        ("objects_waiting", stats::OBJECTS.get()),
        ("objects_waiting_high", stats::OBJECTS.high()),
        ("bytes_waiting_slab", bytes_slab),
        ("bytes_waiting_vmalloc", bytes_vmalloc),
        ("bytes_waiting_high", stats::BYTES.high()),
    ];
    for (name, value) in lines {
        writeln!(f, "{name} {value}")?;
    }
    Ok(())
}
