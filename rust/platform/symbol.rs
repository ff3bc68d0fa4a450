// SPDX-License-Identifier: GPL-2.0

//! What the kernel calls the function or variable at an address.
//!
//! C header: [`include/linux/kallsyms.h`](srctree/include/linux/kallsyms.h)

use kernel::{
    bindings::scnprintf,
    ffi::{
        c_char,
        c_void, //
    },
    prelude::*, //
};

use crate::bindings::{
    rcu_headless_helper_sprint_symbol,
    RCU_HEADLESS_SYMBOL_LEN, //
};

/// A buffer for names, large enough for any.
///
/// # Invariants
///
/// There is a NUL in it.
pub(crate) struct SymbolName([c_char; RCU_HEADLESS_SYMBOL_LEN as usize]);

impl SymbolName {
    /// An empty name.
    pub(crate) fn new() -> Self {
        // INVARIANT: All are NUL.
        Self([0; RCU_HEADLESS_SYMBOL_LEN as usize])
    }

    /// The symbol at the address and the offset from it, or `None` if there is none.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn of(&mut self, address: usize) -> Option<&CStr> {
        // SAFETY: The buffer is as large as the function asks for. INVARIANT: It ends with a NUL.
        unsafe { rcu_headless_helper_sprint_symbol(self.0.as_mut_ptr(), address) };
        // What has no name is printed as a number.
        let known = !matches!(self.0, [0, ..] | [DIGIT_0, ..]);
        known.then(|| self.as_c_str())
    }

    /// The same, or the address, as far as the reader may see it.
    ///
    /// # Context
    ///
    /// Process context.
    pub(crate) fn or_address(&mut self, address: usize) -> &CStr {
        if self.of(address).is_none() {
            let (buffer, size) = (self.0.as_mut_ptr(), self.0.len());
            let address = address as *const c_void;
            // SAFETY: The buffer has the size given, and the format and its argument agree.
            // INVARIANT: It ends with a NUL.
            unsafe { scnprintf(buffer, size, c"%pK".as_char_ptr(), address) };
        }
        self.as_c_str()
    }

    fn as_c_str(&self) -> &CStr {
        // SAFETY: By the type invariant there is a NUL.
        unsafe { CStr::from_char_ptr(self.0.as_ptr()) }
    }
}

const DIGIT_0: c_char = b'0' as c_char;
