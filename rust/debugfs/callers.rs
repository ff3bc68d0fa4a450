// SPDX-License-Identifier: GPL-2.0

//! `callers`: a row for each place that calls, those first that queue most.

use kernel::{
    bindings::{
        scnprintf,
        sprint_symbol, //
    },
    ffi::{
        c_char,
        c_void, //
    },
    fmt,
    prelude::*, //
};

use crate::{
    bindings::RCU_HEADLESS_SYMBOL_LEN,
    engine::Handle,
    observe::callers, //
};

type Name = [c_char; RCU_HEADLESS_SYMBOL_LEN as usize];

/// Prints the table, columns parted by a blank, the caller last: its name may have one.
pub(super) fn show(_: &Handle, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Ok(rows) = callers::rows() else {
        return f.write_str("# no memory to sort the callers in\n");
    };
    for name in callers::NAMES {
        write!(f, "{name} ")?;
    }
    f.write_str("caller\n")?;
    let mut name: Name = [0; RCU_HEADLESS_SYMBOL_LEN as usize];
    for row in &rows {
        for number in row.numbers {
            write!(f, "{number} ")?;
        }
        match row.caller {
            0 => f.write_str("(others)\n")?,
            caller => f.write_fmt(fmt!("{}\n", name_of(caller, &mut name)))?,
        }
    }
    Ok(())
}

/// What a place is called: its symbol and offset, or its address, as far as the reader may see it,
/// if it has none any more.
fn name_of(caller: usize, name: &mut Name) -> &CStr {
    let buffer = name.as_mut_ptr();
    // SAFETY: The buffer is as large as the function asks for.
    unsafe { sprint_symbol(buffer, caller) };
    // What has no name is printed as a number, and that isn't for everybody.
    if name.first() == Some(&(b'0' as c_char)) {
        let address = caller as *const c_void;
        // SAFETY: The buffer has the size given, and the format and its argument agree.
        unsafe { scnprintf(name.as_mut_ptr(), name.len(), c"%pK".as_char_ptr(), address) };
    }
    // SAFETY: Both functions end what they write with a NUL.
    unsafe { CStr::from_char_ptr(name.as_ptr()) }
}
