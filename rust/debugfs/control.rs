// SPDX-License-Identifier: GPL-2.0

//! `control`: what can be asked for by writing a word.

use kernel::{
    prelude::*,
    uaccess::UserSliceReader, //
};

use crate::{
    barrier,
    engine::Handle, //
};

/// Longer than any word that is known.
const LONGEST: usize = 16;

/// Does what the word says, and returns when it is done.
///
/// `drain` has all freed that was queued before, as `rcu_headless_barrier()` does.
///
/// # Errors
///
/// `EINVAL` if the word isn't known.
///
/// # Context
///
/// Process context, sleeps.
pub(super) fn obey(engine: &Handle, reader: &mut UserSliceReader) -> Result {
    let mut text = [0; LONGEST];
    let text = text.get_mut(..reader.len()).ok_or(EINVAL)?;
    reader.read_slice(text)?;
    match text.trim_ascii() {
        b"drain" => barrier::wait(engine),
        _ => return Err(EINVAL),
    }
    Ok(())
}
