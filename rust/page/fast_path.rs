// SPDX-License-Identifier: GPL-2.0

//! What a call does when there is room: it stores the pointer and moves the cursor on.
//!
//! With preemption off a task has its CPU's cursors to itself as long as the lane isn't revoked
//! ([`crate::page::lane`]), so it takes no lock and no atomic read-modify-write: one comparison,
//! one load, one test, one store and one addition. The comparison tells three things at once:
//! whether the address is a plain one, whether somebody watches, and whether the lane is revoked.
//! x86_64 has these in assembly; `Kbuild` says where.

use crate::{
    check::plain,
    object::{
        Channel,
        Given,
        Pointer, //
    },
    page::{
        cursor::STRETCH,
        sizes, //
    },
    platform::this_cpu::OnThisCpu, //
};

#[cfg_attr(rcu_headless_cpu = "x86_64", path = "fast_path/x86_64.rs")]
#[cfg_attr(not(rcu_headless_cpu = "x86_64"), path = "fast_path/generic.rs")]
mod arch;

impl<P> OnThisCpu<P> {
    /// Stores what is given in this CPU's open page of `channel`; gives it back if it isn't plain,
    /// if a stretch of the page is full, or if the lane is revoked.
    #[inline(always)]
    pub(crate) fn push(&self, given: Given, channel: Channel) -> Result<(), Given> {
        let here = arch::Here::of(self);
        let address = given.addr();
        if here
            .units(channel)
            .are_above(plain::position(channel, here.offset(channel, address)))
            && may_be_stored(channel, address)
        {
            let at = here.load(channel);
            if at.addr() % STRETCH != 0 {
                // SAFETY: What is given is an object unless it is found to be none, and in the
                // plain range of a channel there are no objects but those of that channel.
                let object = unsafe { given.accept(channel) };
                // SAFETY: By the cursor's invariant this is a place in an open page that it owns,
                // and while the lane isn't revoked nobody else changes either.
                unsafe { at.write(object.into_raw()) };
                // SAFETY: One place on is in the page or its end. INVARIANT: The page has one
                // pointer more, that of an object of its channel.
                unsafe { here.advance(channel, at) };
                return Ok(());
            }
        }
        Err(given)
    }

    /// Stores pointers in this CPU's open page of `channel` as long as they are plain, the stretch
    /// has room, and the lane isn't revoked. Returns how many.
    ///
    /// # Safety
    ///
    /// Each must be one that was given away ([`Given::new()`]), and those that are stored are given
    /// away by this call.
    #[inline(always)]
    pub(crate) unsafe fn push_while(&self, channel: Channel, pointers: &[Pointer]) -> usize {
        let here = arch::Here::of(self);
        let units = here.units(channel).load();
        let plain_start = here.start(channel);
        let good = |pointer: Pointer| {
            plain::position(channel, pointer.addr().wrapping_sub(plain_start)) < units
                && may_be_stored(channel, pointer.addr())
        };
        let start = here.load(channel);
        // Up to the end of the stretch; none if it is there, or nowhere.
        let room = match units {
            0 => 0,
            _ => start.addr().wrapping_neg() % STRETCH / size_of::<Pointer>(),
        };
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
        if nr == 0 {
            // The lane may be revoked, and the cursor somebody else's to change.
            return 0;
        }
        // SAFETY: One after the last that is good is in the page or its end.
        let at = unsafe { start.add(nr) };
        // SAFETY: So many pointers have been stored. INVARIANT: The page has them all, each that of
        // an object of its channel: it is plain.
        unsafe { here.set(channel, at) };
        nr
    }
}

/// Whether a plain address may be stored without a closer look.
#[inline(always)]
fn may_be_stored(channel: Channel, address: usize) -> bool {
    let large = matches!(channel, Channel::Vmalloc) && sizes::vmalloc_may_be_large(address);
    !large && !plain::may_be_on_stack(channel, address)
}
