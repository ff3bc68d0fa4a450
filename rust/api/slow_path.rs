// SPDX-License-Identifier: GPL-2.0

//! What a call does that can't just store its pointer: look closer, report, and queue what is good.

use crate::{
    api::call::Call,
    check::{
        address,
        double_free,
        misuse::Misuse,
        plain::Watcher, //
    },
    engine::{
        enqueue::enqueue,
        reserve,
        Engine,
        Handle, //
    },
    object::{
        Channel,
        Given,
        Object,
        Pointer, //
    },
    observe::{
        callers,
        stats,
        trace, //
    },
    page::sizes, //
};

/// Queues an object in a call that may sleep, or says what is wrong with it.
///
/// `slab_only` is for a call that takes no objects of vmalloc.
///
/// # Context
///
/// Process context, may sleep; anything else is reported, and the object freed all the same if
/// there is room for it.
#[cold]
pub(super) fn free(given: Given, mut call: Call, slab_only: bool) -> Call {
    let caller = call.caller();
    let (engine, code) = call.parts();
    if let Some(mut task) = code.may_block() {
        if let Some(object) = accept_in_task(given, slab_only, caller) {
            let look = Look::at(&object);
            if enqueue(&mut task, engine, object, Some(caller)) {
                look.report(caller);
            }
        }
    } else {
        free_out_of_place(engine, given, slab_only, caller);
    }
    call
}

/// What is reported of an object that was queued, where each is watched.
struct Look {
    channel: Channel,
    pointer: Pointer,
    /// How much memory it takes; 0 if nobody asks.
    bytes: usize,
}

impl Look {
    /// Looks at an object while it can't be freed yet.
    fn at(object: &Object) -> Self {
        let bytes = if Watcher::Callers.is_watching() {
            sizes::up_to_large(object)
        } else {
            0
        };
        Self {
            channel: object.channel(),
            pointer: object.as_ptr(),
            bytes,
        }
    }

    /// Reports that it was queued.
    fn report(self, caller: usize) {
        if Watcher::Callers.is_watching() {
            callers::queued(caller, self.bytes);
        }
        trace::queue(caller, self.channel, self.pointer);
    }
}

/// Does what can be done for a call that may sleep, made where that isn't allowed.
#[cold]
fn free_out_of_place(engine: &Engine, given: Given, slab_only: bool, caller: usize) {
    if let Some(object) = accept(given, slab_only, caller) {
        Misuse::of_context().report(caller);
        put_for_others(engine, object, caller);
    }
}

/// Puts an object into an inbox that came by another call than `kvfree_rcu_headless_try()`.
#[cold]
fn put_for_others(engine: &Engine, object: Object, caller: usize) {
    let look = Look::at(&object);
    // Count first, so that `try_taken`, which is the total minus this, is never too high.
    stats::PUT_BY_OTHERS.add(1);
    match engine.put(object) {
        Ok(()) => look.report(caller),
        Err(object) => {
            stats::PUT_BY_OTHERS.add(-1);
            leak(object);
        }
    }
}

/// Queues an object without sleeping, if there is room. Otherwise it is the caller's again.
///
/// # Context
///
/// Any context.
#[cold]
#[inline(never)]
pub(super) fn try_free(given: Given, caller: usize, engine: &Engine) -> bool {
    if given.is_nothing() {
        return true;
    }
    // What is no object isn't given back: the caller couldn't free it either.
    let Some(object) = accept(given, false, caller) else {
        return true;
    };
    let look = Look::at(&object);
    let taken = engine.put(object).is_ok();
    if taken {
        look.report(caller);
    } else {
        // The object is the caller's again.
        stats::TRY_REFUSED.add(1);
    }
    taken
}

/// Queues an object in a reserve.
///
/// # Context
///
/// Any context.
#[cold]
#[inline(never)]
pub(super) fn free_reserved(
    slot: &reserve::Slot<Handle>,
    given: Given,
    caller: usize,
    engine: &Engine,
) {
    let Some(object) = accept(given, false, caller) else {
        return;
    };
    let look = Look::at(&object);
    match slot.put(object) {
        Ok(()) => look.report(caller),
        Err(object) => {
            Misuse::Reserve.report(caller);
            put_for_others(engine, object, caller);
        }
    }
}

/// Looks at what is to be freed: an object, or `None` if it is none of ours to free, which has been
/// reported then.
fn accept(given: Given, slab_only: bool, caller: usize) -> Option<Object> {
    if given.is_nothing() {
        return None;
    }
    let refused = match address::accept(given) {
        Ok(object) if slab_only && object.channel() == Channel::Vmalloc => Misuse::Foreign,
        Ok(object) => return Some(object),
        Err(misuse) => misuse,
    };
    refused.report(caller);
    stats::LEAKED.add(1);
    None
}

/// The same in a task that may sleep, where it can be told as well whether an object is queued
/// already.
fn accept_in_task(given: Given, slab_only: bool, caller: usize) -> Option<Object> {
    let object = accept(given, slab_only, caller)?;
    if double_free::enter(object.as_ptr()) {
        return Some(object);
    }
    // It is going to be freed, once.
    Misuse::DoubleFree.report(caller);
    None
}

/// Gives up an object that no inbox took: it stays allocated.
#[cold]
fn leak(object: Object) {
    drop(object);
    stats::LEAKED.add(1);
}
