// SPDX-License-Identifier: GPL-2.0

//! What a call does when there is room: it stores the pointer and moves the cursor on.
//!
//! With preemption off a task has its CPU's cursors to itself, so it takes no lock and no atomic
//! read-modify-write: one load, one test, one store and one addition. x86_64 has these in assembly;
//! `Kbuild` says where.

use kernel::page::PAGE_SIZE;

use crate::{
    object::{
        Channel,
        Object, //
    },
    platform::this_cpu::OnThisCpu, //
};

#[cfg_attr(rcu_headless_cpu = "x86_64", path = "fast_path/x86_64.rs")]
#[cfg_attr(not(rcu_headless_cpu = "x86_64"), path = "fast_path/generic.rs")]
mod arch;

impl OnThisCpu<'_> {
    /// Stores a pointer in this CPU's open page of `channel`. Returns whether there was room.
    ///
    /// # Safety
    ///
    /// `object` must be the caller's to give away, to be freed in the way of `channel`.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, channel: Channel, object: Object) -> bool {
        let at = arch::Here::of(self).load(channel);
        if at.addr() % PAGE_SIZE == 0 {
            return false;
        }
        // SAFETY: By the cursor's invariant this is a place in an open page that it owns, and by
        // the type invariant nobody else changes either meanwhile.
        unsafe { at.write(object) };
        // SAFETY: One place on is in the page or its end. INVARIANT: The page has one pointer more,
        // which is to be freed in the way of its channel (contract).
        unsafe { arch::Here::of(self).advance(channel, at) };
        true
    }

    /// Stores pointers in this CPU's open page of `channel` as long as they are `good` and there is
    /// room. Returns how many.
    ///
    /// # Safety
    ///
    /// As for [`Self::push()`], for each that is `good`.
    #[inline(always)]
    pub(crate) unsafe fn push_while(
        &self,
        channel: Channel,
        objects: &[Object],
        good: impl Fn(Object) -> bool,
    ) -> usize {
        let start = arch::Here::of(self).load(channel);
        // Up to the end of the page; none if it is there, or nowhere.
        let room = start.addr().wrapping_neg() % PAGE_SIZE / size_of::<Object>();
        let objects = objects.get(..room).unwrap_or(objects);
        // What isn't good is stored as well, but the cursor stays before it.
        let put = |i, object| {
            // SAFETY: There is room for all of them, in a page as in `push()`.
            unsafe { start.add(i).write(object) };
            good(object)
        };
        let nr = 'stored: {
            // By fours, for less of a loop.
            let fours = objects.chunks_exact(4);
            let (in_fours, rest) = (4 * fours.len(), fours.remainder());
            for (i, four) in fours.enumerate() {
                for (j, &object) in four.iter().enumerate() {
                    if !put(4 * i + j, object) {
                        break 'stored 4 * i + j;
                    }
                }
            }
            for (j, &object) in rest.iter().enumerate() {
                if !put(in_fours + j, object) {
                    break 'stored in_fours + j;
                }
            }
            objects.len()
        };
        // SAFETY: One after the last that is good is in the page or its end.
        let at = unsafe { start.add(nr) };
        // SAFETY: So many pointers have been stored. INVARIANT: The page has them all, to be freed
        // in the way of its channel (contract).
        unsafe { arch::Here::of(self).set(channel, at) };
        nr
    }
}
