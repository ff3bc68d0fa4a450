// SPDX-License-Identifier: GPL-2.0

//! `callers`: a row for each place that calls, those first that queue most.

use kernel::{
    fmt,
    prelude::*, //
};

use crate::{
    engine::Handle,
    observe::callers::{
        self,
        Caller, //
    },
    platform::symbol::SymbolName, //
};

/// Prints the table, columns parted by a blank, the caller last: its name may have one.
pub(super) fn show(_: &Handle, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Ok(rows) = callers::rows() else {
        return f.write_str("# no memory to sort the callers in\n");
    };
    for name in callers::NAMES {
        write!(f, "{name} ")?;
    }
    f.write_str("caller\n")?;
    let mut name = SymbolName::new();
    for row in &rows {
        for number in row.numbers {
            write!(f, "{number} ")?;
        }
        match row.caller {
            Caller::At(address) => f.write_fmt(fmt!("{}\n", name.or_address(address)))?,
            Caller::Others => f.write_str("(others)\n")?,
            Caller::Gone => f.write_str("(gone)\n")?,
        }
    }
    Ok(())
}
