// SPDX-License-Identifier: GPL-2.0

//! What a call does that can't just store its pointer: look closer, report, and queue what is good.

use crate::{
    check::{
        address::examine,
        double_free,
        misuse::Misuse, //
    },
    engine::{
        fallback,
        reserve,
        Engine,
        Handle, //
    },
    object::{
        Channel,
        Object, //
    },
    observe::{
        callers,
        stats,
        trace, //
    },
    page::sizes,
    platform::this_cpu::{
        in_nmi,
        NoPreempt,
        TaskContext, //
    }, //
};

/// Queues an object in a call that may sleep, or says what is wrong with it.
///
/// `slab_only` is for a call that takes no objects of vmalloc.
///
/// # Safety
///
/// `object`, unless it is found to be no object, must be the caller's to give away.
///
/// # Context
///
/// Process context, may sleep; anything else is reported, and the object freed all the same if there
/// is room for it, but for an NMI.
#[cold]
pub(crate) unsafe fn free(engine: &Engine, slab_only: bool, object: Object, caller: usize) {
    if in_nmi() {
        return leak_in_nmi(caller);
    }
    let Some(mut task) = TaskContext::may_block() else {
        // SAFETY: The contract.
        return unsafe { free_out_of_place(engine, slab_only, object, caller) };
    };
    let Some(channel) = accept(object, slab_only, double_free::enter, caller) else {
        return;
    };
    // SAFETY: Just accepted.
    let look = unsafe { Look::at(channel, object) };
    // SAFETY: The contract; the object is in the channel that it belongs to.
    if unsafe { fallback::queue(&mut task, engine, channel, object, caller) } {
        look.tell(caller);
    }
}

/// What is told of an object that was queued, to those who want to hear of each.
struct Look {
    channel: Channel,
    object: Object,
    /// How much memory it takes; 0 if nobody asks.
    bytes: usize,
}

impl Look {
    /// Looks at an object while it can't be freed yet.
    ///
    /// # Safety
    ///
    /// It must have been accepted as one of `channel`.
    unsafe fn at(channel: Channel, object: Object) -> Self {
        let bytes = if callers::counts_objects() {
            // SAFETY: The contract; it is the caller's as yet.
            unsafe { sizes::of(channel, object) }
        } else {
            0
        };
        Self {
            channel,
            object,
            bytes,
        }
    }

    /// Tells that it was queued.
    fn tell(self, caller: usize) {
        if callers::counts_objects() {
            callers::queued(caller, self.bytes);
        }
        trace::queue(caller, self.channel, self.object);
    }
}

/// Does what can be done for a call that may sleep, made where that isn't allowed.
///
/// # Safety
///
/// As for [`free()`].
#[cold]
unsafe fn free_out_of_place(engine: &Engine, slab_only: bool, object: Object, caller: usize) {
    let Some(channel) = accept(object, slab_only, double_free::enter_atomic, caller) else {
        return;
    };
    Misuse::of_context().report(caller);
    // SAFETY: Just accepted.
    let look = unsafe { Look::at(channel, object) };
    // SAFETY: The contract, and it has been found to be one for `kvfree()`.
    unsafe { put_uncalled_for(engine, look, caller) }
}

/// Puts an object into an inbox that came by another call than `kvfree_rcu_headless_try()`.
///
/// # Safety
///
/// The object must be the caller's to give away, to be freed by `kvfree()`.
#[cold]
unsafe fn put_uncalled_for(engine: &Engine, look: Look, caller: usize) {
    // First, so that whoever adds up never finds more than there are.
    stats::UNCALLED_FOR.add(1);
    // SAFETY: The contract.
    if !unsafe { engine.inbox().put(look.object, &NoPreempt::new()) } {
        stats::UNCALLED_FOR.add(-1);
        return leak(look.object);
    }
    look.tell(caller);
}

/// Queues an object without sleeping, if there is room. Otherwise it stays the caller's.
///
/// # Safety
///
/// As for [`free()`].
///
/// # Context
///
/// Any context; nothing is taken in an NMI.
#[cold]
#[inline(never)]
pub(crate) unsafe fn try_free(object: Object, caller: usize, engine: &Engine) -> bool {
    if in_nmi() {
        Misuse::Nmi.report(caller);
        return false;
    }
    if object.is_null() {
        return true;
    }
    // What is no object isn't given back: the caller couldn't free it either.
    let Some(channel) = accept(object, false, double_free::enter_atomic, caller) else {
        return true;
    };
    // SAFETY: Just accepted.
    let look = unsafe { Look::at(channel, object) };
    // SAFETY: The contract, and it has been found to be one for `kvfree()`.
    if unsafe { engine.inbox().put(object, &NoPreempt::new()) } {
        look.tell(caller);
        return true;
    }
    double_free::leave_atomic(object);
    stats::TRY_REFUSED.add(1);
    false
}

/// Queues an object in a reserve.
///
/// # Safety
///
/// As for [`free()`].
///
/// # Context
///
/// Any context; in an NMI it is reported and leaked.
#[cold]
#[inline(never)]
pub(crate) unsafe fn free_reserved(
    slot: &reserve::Slot<Handle>,
    object: Object,
    caller: usize,
    engine: &Engine,
) {
    if in_nmi() {
        return leak_in_nmi(caller);
    }
    let Some(channel) = accept(object, false, double_free::enter_atomic, caller) else {
        return;
    };
    // SAFETY: Just accepted.
    let look = unsafe { Look::at(channel, object) };
    // SAFETY: The contract, and it has been found to be one for `kvfree()`.
    if unsafe { slot.put(object) } {
        return look.tell(caller);
    }
    Misuse::Reserve.report(caller);
    // SAFETY: As above.
    unsafe { put_uncalled_for(engine, look, caller) }
}

/// Looks at what is to be freed: its channel, or `None` if it is none of ours to free, which has
/// been reported then. `enter` is to say whether it is queued already.
fn accept(
    object: Object,
    slab_only: bool,
    enter: fn(Object) -> bool,
    caller: usize,
) -> Option<Channel> {
    if object.is_null() {
        return None;
    }
    let refused = match examine(object) {
        Ok(Channel::Vmalloc) if slab_only => Misuse::Foreign,
        Ok(channel) if enter(object) => return Some(channel),
        Ok(_) => Misuse::DoubleFree,
        Err(misuse) => misuse,
    };
    refused.report(caller);
    // An object that is queued already is going to be freed, once.
    if !matches!(refused, Misuse::DoubleFree) {
        stats::LEAKED.add(1);
    }
    None
}

/// Gives up what was to be freed in an NMI, without a look at it.
#[cold]
fn leak_in_nmi(caller: usize) {
    Misuse::Nmi.report(caller);
    stats::LEAKED.add(1);
}

/// Gives up an object that no inbox took: it stays allocated.
#[cold]
fn leak(object: Object) {
    double_free::leave_atomic(object);
    stats::LEAKED.add(1);
}
