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
        Object,
        Pointer, //
    },
    platform::this_cpu::OnThisCpu, //
};

#[cfg_attr(rcu_headless_cpu = "x86_64", path = "fast_path/x86_64.rs")]
#[cfg_attr(not(rcu_headless_cpu = "x86_64"), path = "fast_path/generic.rs")]
mod arch;

impl<P> OnThisCpu<P> {
    /// Stores an object's pointer in this CPU's open page of its channel, or gives the object back if
    /// there is no room.
    #[inline(always)]
    pub(crate) fn push(&self, object: Object) -> Result<(), Object> {
        let (here, channel) = (arch::Here::of(self), object.channel());
        let at = here.load(channel);
        if at.addr() % PAGE_SIZE == 0 {
            return Err(object);
        }
        // SAFETY: By the cursor's invariant this is a place in an open page that it owns, and by
        // the type invariant nobody else changes either meanwhile.
        unsafe { at.write(object.into_raw()) };
        // SAFETY: One place on is in the page or its end. INVARIANT: The page has one pointer more,
        // that of an object of its channel.
        unsafe { here.advance(channel, at) };
        Ok(())
    }

    /// Stores pointers in this CPU's open page of `channel` as long as they are `good` and there is
    /// room. Returns how many.
    ///
    /// # Safety
    ///
    /// Each that is `good` must be what an object of `channel` was given away as, and is given away
    /// by this call.
    #[inline(always)]
    pub(crate) unsafe fn push_while(
        &self,
        channel: Channel,
        pointers: &[Pointer],
        good: impl Fn(Pointer) -> bool,
    ) -> usize {
        let here = arch::Here::of(self);
        let start = here.load(channel);
        // Up to the end of the page; none if it is there, or nowhere.
        let room = start.addr().wrapping_neg() % PAGE_SIZE / size_of::<Pointer>();
        let pointers = pointers.get(..room).unwrap_or(pointers);
        // What isn't good is stored as well, but the cursor stays before it.
        let put = |i, pointer| {
            // SAFETY: There is room for all of them, in a page as in `push()`.
            unsafe { start.add(i).write(pointer) };
            good(pointer)
        };
        let nr = 'stored: {
            // By fours, for less of a loop.
            let fours = pointers.chunks_exact(4);
            let (in_fours, rest) = (4 * fours.len(), fours.remainder());
            for (i, four) in fours.enumerate() {
                for (j, &pointer) in four.iter().enumerate() {
                    if !put(4 * i + j, pointer) {
                        break 'stored 4 * i + j;
                    }
                }
            }
            for (j, &pointer) in rest.iter().enumerate() {
                if !put(in_fours + j, pointer) {
                    break 'stored in_fours + j;
                }
            }
            pointers.len()
        };
        // SAFETY: One after the last that is good is in the page or its end.
        let at = unsafe { start.add(nr) };
        // SAFETY: So many pointers have been stored. INVARIANT: The page has them all, each that of
        // an object of its channel (contract).
        unsafe { here.set(channel, at) };
        nr
    }
}
