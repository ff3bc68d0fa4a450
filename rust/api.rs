// SPDX-License-Identifier: GPL-2.0

//! The functions that other modules call.
//!
//! C header: `include/linux/rcu_headless.h`, where each is documented for its callers. What is
//! exported is in C (`helpers/exports.c`) and passes on the address of its caller.

pub(crate) mod slow_path;

use kernel::{
    bindings::gfp_t,
    error::from_result,
    ffi::{
        c_int,
        c_void, //
    },
    prelude::*, //
};

use crate::{
    bindings,
    check::{
        misuse::Misuse,
        plain::{
            is_plain,
            is_plain_vmalloc, //
        }, //
    },
    engine::{
        barrier,
        published,
        reserve,
        Handle, //
    },
    object::{
        Channel,
        Object, //
    },
    platform::this_cpu::{
        in_nmi,
        NoPreempt,
        OnThisCpu,
        TaskContext, //
    }, //
};

/// How many pointers [`rcu_headless_free_bulk()`] stores before it lets others have the CPU.
const BULK_CHUNK: usize = 64;

/// `kfree_rcu_headless()`.
///
/// # Safety
///
/// `ptr`, unless it is no object, must be one of the kmalloc family that is the caller's to free,
/// and that no reader can find who starts after this call. The module must be loaded.
///
/// # Context
///
/// Process context, may sleep.
#[no_mangle]
unsafe extern "C" fn rcu_headless_free_slab(ptr: *const c_void, caller: usize) {
    // SAFETY: The contract of this function.
    unsafe { free(true, ptr.cast_mut(), caller) }
}

/// `kvfree_rcu_headless()`.
///
/// # Safety
///
/// As for [`rcu_headless_free_slab()`], with objects of the vmalloc family as well.
///
/// # Context
///
/// Process context, may sleep.
#[no_mangle]
unsafe extern "C" fn rcu_headless_free_any(ptr: *const c_void, caller: usize) {
    // SAFETY: The contract of this function.
    unsafe { free(false, ptr.cast_mut(), caller) }
}

/// `kvfree_rcu_headless_bulk()`.
///
/// # Safety
///
/// `ptrs` must point to `nr` readable pointers that nobody changes meanwhile, each as for
/// [`rcu_headless_free_any()`].
///
/// # Context
///
/// Process context, may sleep.
#[no_mangle]
unsafe extern "C" fn rcu_headless_free_bulk(nr: usize, ptrs: *const *mut c_void, caller: usize) {
    if nr == 0 {
        return;
    }
    // SAFETY: The contract of this function.
    let objects = unsafe { core::slice::from_raw_parts(ptrs, nr) };
    // SAFETY: As above.
    let rest = unsafe { store_some(Channel::Slab, objects, is_plain) };
    if !rest.is_empty() {
        // SAFETY: As above.
        unsafe { free_rest(rest, caller) };
    }
}

/// `kvfree_rcu_headless_try()`.
///
/// # Safety
///
/// As for [`rcu_headless_free_any()`].
///
/// # Context
///
/// Any context.
#[no_mangle]
unsafe extern "C" fn rcu_headless_free_try(ptr: *const c_void, caller: usize) -> bool {
    let object = ptr.cast_mut();
    // SAFETY: Called through an exported symbol, so the module is loaded.
    let engine = unsafe { published::get() };
    if !in_nmi() && is_plain(object) {
        let here = NoPreempt::new();
        // SAFETY: The contract of this function, and the object is one of slab.
        if unsafe { engine.inbox().put_quickly(object, &here) } {
            return true;
        }
    }
    // SAFETY: The contract of this function.
    unsafe { slow_path::try_free(object, caller, &engine) }
}

/// `kvfree_rcu_headless_reserved()`.
///
/// # Safety
///
/// As for [`rcu_headless_free_any()`], and `reserve` as for [`rcu_headless_provide()`].
///
/// # Context
///
/// Any context.
#[no_mangle]
unsafe extern "C" fn rcu_headless_free_reserved(
    reserve: *mut bindings::rcu_headless_reserve,
    ptr: *const c_void,
    caller: usize,
) {
    let object = ptr.cast_mut();
    // SAFETY: The contract of this function.
    let slot = unsafe { slot_of(reserve) };
    // SAFETY: The contract of this function, and the object is one of slab if it is looked at.
    if !in_nmi() && is_plain(object) && unsafe { slot.put_quickly(object) } {
        return;
    }
    // SAFETY: Called through an exported symbol, so the module is loaded.
    let engine = unsafe { published::get() };
    // SAFETY: The contract of this function.
    unsafe { slow_path::free_reserved(slot, object, caller, &engine) }
}

/// `rcu_headless_reserve()`.
///
/// # Safety
///
/// `reserve` must be valid, zero before the first call, and used by this API alone since. The
/// module must be loaded.
///
/// # Context
///
/// Process context, sleeps; anything else is refused with `EINVAL`.
#[no_mangle]
unsafe extern "C" fn rcu_headless_provide(
    reserve: *mut bindings::rcu_headless_reserve,
    nr: usize,
    gfp: gfp_t,
    caller: usize,
) -> c_int {
    if !may_sleep(caller) {
        return EINVAL.to_errno();
    }
    // SAFETY: Called through an exported symbol, so the module is loaded.
    let engine = unsafe { published::get() };
    // SAFETY: The contract of this function.
    let slot = unsafe { slot_of(reserve) };
    from_result(|| slot.provide(engine.reserves(), engine, nr, gfp).map(|()| 0))
}

/// `rcu_headless_unreserve()`.
///
/// # Safety
///
/// As for [`rcu_headless_provide()`].
///
/// # Context
///
/// Process context, sleeps; in any other the reserve stays as it is.
#[no_mangle]
unsafe extern "C" fn rcu_headless_give_back(
    reserve: *mut bindings::rcu_headless_reserve,
    caller: usize,
) {
    if !may_sleep(caller) {
        return;
    }
    // SAFETY: Called through an exported symbol, so the module is loaded.
    let engine = unsafe { published::get() };
    // SAFETY: The contract of this function.
    unsafe { slot_of(reserve) }.give_back(engine.reserves());
}

/// `rcu_headless_barrier()`.
///
/// # Context
///
/// Process context, sleeps; in any other it doesn't wait.
#[no_mangle]
extern "C" fn rcu_headless_wait(caller: usize) {
    if !may_sleep(caller) {
        return;
    }
    // SAFETY: Called through an exported symbol, so the module is loaded.
    let engine = unsafe { published::get() };
    barrier::wait(&engine);
}

/// Whether a call that sleeps may do so; it is reported if not.
fn may_sleep(caller: usize) -> bool {
    let may = TaskContext::may_block().is_some();
    if !may {
        Misuse::of_context().report(caller);
    }
    may
}

/// Frees an object after a grace period: in most calls, stores its pointer and that is all.
///
/// # Safety
///
/// As for [`rcu_headless_free_any()`], or [`rcu_headless_free_slab()`] if `slab_only`.
#[inline(always)]
unsafe fn free(slab_only: bool, object: Object, caller: usize) {
    if is_plain(object) {
        // SAFETY: The contract of this function; the object is in the channel that it belongs to.
        unsafe { store(Channel::Slab, object, caller, slab_only) }
    } else if slab_only {
        // SAFETY: The contract of this function.
        unsafe { free_slowly(object, caller, true) }
    } else {
        // SAFETY: The contract of this function.
        unsafe { free_not_plain(object, caller) }
    }
}

/// Frees an object that isn't known to be one of slab, perhaps one of vmalloc.
///
/// Out of line, as [`free_slowly()`] is: looking for a vmalloc address takes calls.
///
/// # Safety
///
/// As for [`rcu_headless_free_any()`].
#[inline(never)]
unsafe fn free_not_plain(object: Object, caller: usize) {
    if is_plain_vmalloc(object) {
        // SAFETY: The contract of this function; the object is in the channel that it belongs to.
        unsafe { store(Channel::Vmalloc, object, caller, false) }
    } else {
        // SAFETY: The contract of this function.
        unsafe { free_slowly(object, caller, false) }
    }
}

/// Stores an object's pointer if this is a task's call that may sleep, and there is room.
///
/// # Safety
///
/// As for [`free()`], and the object must be one of `channel`.
#[inline(always)]
unsafe fn store(channel: Channel, object: Object, caller: usize, slab_only: bool) {
    let Some(pin) = OnThisCpu::if_may_block() else {
        // SAFETY: The contract of this function.
        return unsafe { free_slowly(object, caller, slab_only) };
    };
    // SAFETY: The contract of this function.
    if !unsafe { pin.push(channel, object) } {
        // SAFETY: The contract of this function.
        unsafe { free_without_room(pin, object, caller, slab_only) };
    }
}

/// Frees an object whose pointer can't just be stored.
///
/// Out of line, called last and with its arguments in the caller's order, so that [`free()`] has
/// nothing to save or move.
///
/// # Safety
///
/// As for [`free()`].
#[cold]
#[inline(never)]
unsafe fn free_slowly(object: Object, caller: usize, slab_only: bool) {
    // SAFETY: Called through an exported symbol, so the module is loaded.
    let engine = unsafe { published::get() };
    // SAFETY: The contract of this function.
    unsafe { slow_path::free(&engine, slab_only, object, caller) }
}

/// Frees an object whose pointer didn't fit into the open page.
///
/// # Safety
///
/// As for [`free()`].
#[cold]
#[inline(never)]
unsafe fn free_without_room(pin: OnThisCpu<'_>, object: Object, caller: usize, slab_only: bool) {
    drop(pin);
    // SAFETY: The contract of this function.
    unsafe { free_slowly(object, caller, slab_only) }
}

/// Frees objects of which the first can't just be stored.
///
/// # Safety
///
/// As for [`rcu_headless_free_bulk()`].
#[cold]
#[inline(never)]
unsafe fn free_rest(mut rest: &[Object], caller: usize) {
    while let [next, after @ ..] = rest {
        // SAFETY: The contract of this function.
        let left = unsafe { store_some(Channel::Vmalloc, rest, is_plain_vmalloc) };
        let left = if left.len() < rest.len() {
            left
        } else {
            // SAFETY: As above.
            unsafe { free_slowly(*next, caller, false) };
            after
        };
        // SAFETY: As above.
        rest = unsafe { store_some(Channel::Slab, left, is_plain) };
    }
}

/// Stores pointers of `channel` with preemption off all the while, some [`BULK_CHUNK`] at most, and
/// returns the others: from the first on that isn't `good`, or has no room.
///
/// # Safety
///
/// As for [`free()`], for each that isn't returned; what is `good` must be one of `channel`.
#[inline(always)]
unsafe fn store_some(
    channel: Channel,
    objects: &[Object],
    good: impl Fn(Object) -> bool,
) -> &[Object] {
    let Some(pin) = OnThisCpu::if_may_block() else {
        return objects;
    };
    let some = objects.get(..BULK_CHUNK).unwrap_or(objects);
    // SAFETY: The contract.
    let stored = unsafe { pin.push_while(channel, some, good) };
    objects.get(stored..).unwrap_or(&[])
}

/// The slot in a C reserve.
///
/// # Safety
///
/// `reserve` must be valid for `'a`, zero or used by this API alone.
unsafe fn slot_of<'a>(reserve: *mut bindings::rcu_headless_reserve) -> &'a reserve::Slot<Handle> {
    const {
        assert!(size_of::<bindings::rcu_headless_reserve>() == size_of::<reserve::Slot<Handle>>());
    }
    // SAFETY: The contract, and a slot has the layout of the one pointer in it.
    unsafe { &*reserve.cast() }
}

/// The types here are those of the C headers: two functions fit into one array only if they agree.
const _: () = {
    let _ = [rcu_headless_free_slab, bindings::rcu_headless_free_slab];
    let _ = [rcu_headless_free_any, bindings::rcu_headless_free_any];
    let _ = [rcu_headless_free_bulk, bindings::rcu_headless_free_bulk];
    let _ = [rcu_headless_free_try, bindings::rcu_headless_free_try];
    let _ = [
        rcu_headless_free_reserved,
        bindings::rcu_headless_free_reserved, //
    ];
    let _ = [rcu_headless_provide, bindings::rcu_headless_provide];
    let _ = [rcu_headless_give_back, bindings::rcu_headless_give_back];
    let _: unsafe extern "C" fn(usize) = rcu_headless_wait;
    let _: unsafe extern "C" fn(usize) = bindings::rcu_headless_wait;
};
