// SPDX-License-Identifier: GPL-2.0

//! Many objects in one call.

use crate::{
    api::{
        call::Call,
        slow_path, //
    },
    object::{
        Channel,
        Given,
        Pointer, //
    }, //
};

/// How many pointers are stored before others get the CPU.
const CHUNK: usize = 64;

/// What a caller has given away that isn't queued yet.
///
/// # Invariants
///
/// Each pointer is one for [`Given::new()`], and has not been made one.
pub(super) struct Batch<'a>(&'a [Pointer]);

impl<'a> Batch<'a> {
    /// Takes what a caller gives away.
    ///
    /// # Safety
    ///
    /// As for [`Given::new()`], for each.
    #[inline(always)]
    pub(super) unsafe fn new(pointers: &'a [Pointer]) -> Self {
        // INVARIANT: The contract says the same.
        Self(pointers)
    }

    /// Frees all after a grace period: in most calls, stores the pointers and that is all.
    #[inline(always)]
    pub(super) fn free(mut self, call: Call) {
        let call = self.store(Channel::Slab, call);
        if !self.0.is_empty() {
            self.free_rest(call);
        }
    }

    /// Frees objects of which the first can't just be stored.
    #[cold]
    #[inline(never)]
    fn free_rest(mut self, mut call: Call) {
        while !self.0.is_empty() {
            let before = self.0.len();
            call = self.store(Channel::Vmalloc, call);
            if self.0.len() == before {
                call = self.free_next(call);
            }
            call = self.store(Channel::Slab, call);
        }
    }

    /// Frees the first, whatever it is.
    fn free_next(&mut self, call: Call) -> Call {
        let [next, after @ ..] = self.0 else {
            return call;
        };
        self.0 = after;
        // SAFETY: By the type invariant it is one for this, and is none of the batch any more.
        let given = unsafe { Given::new(*next) };
        slow_path::free(given, call, false)
    }

    /// Stores pointers of `channel` with preemption off all the while, [`CHUNK`] at most: up to the
    /// first that looks otherwise, or has no room.
    #[inline(always)]
    fn store(&mut self, channel: Channel, call: Call) -> Call {
        let call = match call.stay() {
            Ok(call) => call,
            Err(call) => return call,
        };
        let some = self.0.get(..CHUNK).unwrap_or(self.0);
        // SAFETY: By the type invariant they are given away.
        let stored = unsafe { call.here().push_while(channel, some) };
        // INVARIANT: Those that were stored leave the batch.
        self.0 = self.0.get(stored..).unwrap_or(&[]);
        call.leave()
    }
}
