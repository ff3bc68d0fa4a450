// SPDX-License-Identifier: GPL-2.0

//! `latency`: histograms by powers of two, as `name value` lines.

use kernel::fmt;

use crate::{
    engine::Handle,
    observe::{
        histogram::Counts,
        latency::Summary, //
    }, //
};

/// Prints the sums over all CPUs: of each histogram the number of values, their sum, and how many
/// were below each bound and not below the one before.
pub(super) fn show(engine: &Handle, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut sum = Summary::new();
    for queue in engine.queues.iter() {
        if let Some(summary) = queue.consistent().read(|| queue.latency.get()) {
            sum.add(&summary);
        }
    }
    print(f, "page_wait_us", &sum.page_wait_us)?;
    print(f, "fallback_us", &sum.fallback_us)?;
    print(f, "bulk_objects", &sum.bulk_objects)
}

fn print<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    counts: &Counts<N>,
) -> fmt::Result {
    writeln!(f, "{name}_count {}", counts.count())?;
    writeln!(f, "{name}_sum {}", counts.sum())?;
    for (bound, count) in counts.buckets() {
        match bound {
            Some(bound) => writeln!(f, "{name}_below_{bound} {count}")?,
            None => writeln!(f, "{name}_above {count}")?,
        }
    }
    Ok(())
}
