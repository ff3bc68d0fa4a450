// SPDX-License-Identifier: GPL-2.0

//! What happens when a caller gets something wrong: it is counted, and the first of each kind
//! warned of.

use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

use crate::{
    bindings,
    check::misuse::Misuse,
    observe::{
        callers,
        trace, //
    }, //
};

impl Misuse {
    fn record(self) -> &'static Record {
        &RECORDS[self as usize]
    }

    /// How often it has happened.
    pub(crate) fn count(self) -> i64 {
        self.record().count.load(Relaxed)
    }

    /// Counts it, and warns with `caller`'s address and a stack trace if it is the first of its
    /// kind. With an address of 0 it was some call in atomic context.
    ///
    /// # Context
    ///
    /// Any context.
    #[cold]
    pub(crate) fn report(self, caller: usize) {
        let record = self.record();
        record.count.fetch_add(1, Relaxed);
        callers::misuse(caller);
        trace::misuse(self.name(), caller);
        if !record.told.load(Relaxed) && !record.told.xchg(true, Relaxed) {
            // SAFETY: The text is NUL-terminated; the address is only looked up and printed.
            unsafe { bindings::rcu_headless_helper_warn(self.text().as_char_ptr(), caller) };
        }
    }
}

struct Record {
    count: Atomic<i64>,
    told: Atomic<bool>,
}

static RECORDS: [Record; Misuse::COUNT] = [const {
    Record {
        count: Atomic::new(0),
        told: Atomic::new(false),
    }
}; Misuse::COUNT];
