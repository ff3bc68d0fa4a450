// SPDX-License-Identifier: GPL-2.0

//! The functions that other modules call.
//!
//! C header: `include/linux/rcu_headless.h`, where each is documented for its callers. What is
//! exported is in C (`helpers/exports.c`) and passes on the address of its caller.

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
    address::{
        is_plain,
        is_plain_vmalloc, //
    },
    barrier,
    bindings,
    bulk_page::{
        Channel,
        Object, //
    },
    engine,
    reserve,
    submit,
    this_cpu::{
        Pin as PinnedHere,
        Task, //
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
    for chunk in objects.chunks(BULK_CHUNK) {
        let mut rest = chunk.iter();
        // SAFETY: The contract of this function.
        while let Some(&object) = unsafe { store_some(&mut rest) } {
            // SAFETY: As above.
            unsafe { free_slowly(object, caller, false) };
        }
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
    // SAFETY: Called through an exported symbol, so the module is loaded.
    let engine = unsafe { engine::get() };
    // SAFETY: The contract of this function.
    unsafe { submit::try_free(&engine, ptr.cast_mut(), caller) }
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
    // SAFETY: Called through an exported symbol, so the module is loaded.
    let engine = unsafe { engine::get() };
    // SAFETY: The contract of this function.
    let slot = unsafe { slot_of(reserve) };
    // SAFETY: As above.
    unsafe { submit::free_reserved(&engine, slot, ptr.cast_mut(), caller) }
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
    let engine = unsafe { engine::get() };
    // SAFETY: The contract of this function.
    let slot = unsafe { slot_of(reserve) };
    from_result(|| slot.provide(engine, nr, gfp).map(|()| 0))
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
    let engine = unsafe { engine::get() };
    // SAFETY: The contract of this function.
    unsafe { slot_of(reserve) }.give_back(&engine);
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
    let engine = unsafe { engine::get() };
    barrier::wait(&engine);
}

/// Whether a call that sleeps may do so; it is reported if not.
fn may_sleep(caller: usize) -> bool {
    let may = Task::may_block().is_some();
    if !may {
        submit::report_context(caller);
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
    let Some(mut task) = Task::may_block() else {
        // SAFETY: The contract of this function.
        return unsafe { free_slowly(object, caller, slab_only) };
    };
    let pin = PinnedHere::new(&mut task);
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
    let engine = unsafe { engine::get() };
    // SAFETY: The contract of this function.
    unsafe { submit::free(&engine, slab_only, object, caller) }
}

/// Frees an object whose pointer didn't fit into the open page.
///
/// # Safety
///
/// As for [`free()`].
#[cold]
#[inline(never)]
unsafe fn free_without_room(pin: PinnedHere<'_>, object: Object, caller: usize, slab_only: bool) {
    drop(pin);
    // SAFETY: The contract of this function.
    unsafe { free_slowly(object, caller, slab_only) }
}

/// Stores pointers with preemption off all the while, and returns the first for which it takes more
/// than that.
///
/// # Safety
///
/// As for [`free()`].
unsafe fn store_some<'a>(objects: &mut core::slice::Iter<'a, Object>) -> Option<&'a Object> {
    let Some(mut task) = Task::may_block() else {
        return objects.next();
    };
    let pin = PinnedHere::new(&mut task);
    objects.find(|&&object| {
        let channel = if is_plain(object) {
            Channel::Slab
        } else if is_plain_vmalloc(object) {
            Channel::Vmalloc
        } else {
            return true;
        };
        // SAFETY: The contract, and the object is in the channel that it belongs to.
        !unsafe { pin.push(channel, object) }
    })
}

/// The slot in a C reserve.
///
/// # Safety
///
/// `reserve` must be valid for `'a`, zero or used by this API alone.
unsafe fn slot_of<'a>(reserve: *mut bindings::rcu_headless_reserve) -> &'a reserve::Slot {
    const {
        assert!(size_of::<bindings::rcu_headless_reserve>() == size_of::<reserve::Slot>());
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
