// SPDX-License-Identifier: GPL-2.0

//! `stats`: what the module has done and has still to do, as `name value` lines.

use kernel::fmt;

use super::row::Row;
use crate::{
    check::misuse::Misuse,
    engine::Handle,
    observe::stats, //
};

/// Prints the sums over all CPUs, and then what isn't counted by CPU.
pub(super) fn show(engine: &Handle, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (name, value) in Row::sum(engine).iter() {
        let elsewhere = match name {
            "parked" => engine.reserves().parked() as i64,
            _ => 0,
        };
        writeln!(f, "{name} {}", value + elsewhere)?;
    }
    let lines = [
        ("pages_allocated", stats::PAGES.get()),
        ("try_taken", engine.try_taken()),
        ("try_refused", stats::TRY_REFUSED.get()),
        ("reserved", engine.reserves().total()),
        ("shrinker_scans", stats::SHRINKER_SCANS.get()),
        ("shrinker_pages", stats::SHRINKER_PAGES.get()),
        ("leaked", stats::LEAKED.get()),
    ];
    for (name, value) in lines {
        writeln!(f, "{name} {value}")?;
    }
    for misuse in Misuse::ALL {
        writeln!(f, "{} {}", misuse.name(), misuse.count())?;
    }
    Ok(())
}
