// SPDX-License-Identifier: GPL-2.0

//! `control`: what can be asked for by writing a word, and what has been.

use kernel::{
    fmt,
    prelude::*,
    uaccess::UserSliceReader, //
};

use crate::{
    engine::{
        barrier,
        Handle, //
    },
    observe::{
        callers,
        latency,
        stats, //
    },
    platform::this_cpu::TaskContext, //
};

/// Longer than any word that is known.
const LONGEST: usize = 16;

/// Prints what is switched on or off.
pub(super) fn show(_: &Handle, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let state = if callers::counts_objects() {
        "on"
    } else {
        "off"
    };
    writeln!(f, "callers {state}")
}

/// Does what the word says, and returns when it is done.
///
/// - `drain` has all freed that was queued before, as `rcu_headless_barrier()` does.
/// - `reset` has `latency`, `callers` and the high-water marks of `memory` begin anew. What
///   counters in `stats` and `per_cpu` say only ever grows.
/// - `callers on` and `callers off`: whether callers' objects are counted.
///
/// # Errors
///
/// `EINVAL` if the word isn't known; `ENOMEM` if there was no memory for another table of callers,
/// and nothing was reset.
///
/// # Context
///
/// Process context, sleeps.
pub(super) fn obey(engine: &Handle, reader: &mut UserSliceReader) -> Result {
    let mut text = [0; LONGEST];
    let text = text.get_mut(..reader.len()).ok_or(EINVAL)?;
    reader.read_slice(text)?;
    match text.trim_ascii() {
        // SAFETY: Files are written to by tasks that may sleep, which come from outside of this
        // module.
        b"drain" => barrier::wait(&mut unsafe { TaskContext::assume() }, engine),
        b"reset" => reset()?,
        b"callers on" => callers::count_objects(true),
        b"callers off" => callers::count_objects(false),
        _ => return Err(EINVAL),
    }
    Ok(())
}

fn reset() -> Result {
    // First, since it is the one that can fail.
    callers::reset()?;
    latency::reset();
    for level in [&stats::PAGES, &stats::OBJECTS, &stats::BYTES] {
        level.reset();
    }
    Ok(())
}
