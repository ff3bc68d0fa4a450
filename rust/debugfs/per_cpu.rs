// SPDX-License-Identifier: GPL-2.0

//! `per_cpu`: a row for each CPU, the names above in one line.

use kernel::fmt;

use super::row::Row;
use crate::engine::Handle;

/// Prints the table, columns parted by a blank. CPUs that are off have a row too: what they did
/// isn't forgotten.
pub(super) fn show(engine: &Handle, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("cpu")?;
    for name in Row::names() {
        write!(f, " {name}")?;
    }
    f.write_str("\n")?;
    for queue in engine.queues.iter() {
        write!(f, "{}", queue.cpu().as_u32())?;
        for (_, value) in Row::of(queue).iter() {
            write!(f, " {value}")?;
        }
        f.write_str("\n")?;
    }
    Ok(())
}
