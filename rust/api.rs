// SPDX-License-Identifier: GPL-2.0

//! The functions that other modules call.
//!
//! C header: `include/linux/rcu_headless.h`, where each is documented for its callers. What is
//! exported is in C (`helpers/exports.c`) and passes on the address of its caller.

mod bulk;
mod call;
mod slow_path;

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
    api::{
        bulk::Batch,
        call::{
            Call,
            CallHere, //
        }, //
    },
    bindings,
    check::plain,
    engine::{
        barrier,
        reserve,
        Handle, //
    },
    object::{
        Channel,
        Given,
        Object, //
    },
};

/// `kfree_rcu_headless()`.
///
/// # Safety
///
/// `ptr`, unless it is found to be no object's address, must be that of one of the kmalloc family,
/// which is the caller's to free and which no reader can find who starts after this call. To be
/// called through the exported symbol alone.
///
/// # Context
///
/// Process context, may sleep.
#[no_mangle]
unsafe extern "C" fn rcu_headless_free_slab(ptr: *const c_void, caller: usize) {
    // SAFETY: The object is given away, and this function is what is called (contract).
    let (given, call) = unsafe { (Given::new(ptr), Call::begin(caller)) };
    free(true, given, call);
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
    // SAFETY: The object is given away, and this function is what is called (contract).
    let (given, call) = unsafe { (Given::new(ptr), Call::begin(caller)) };
    free(false, given, call);
}

/// `kvfree_rcu_headless_bulk()`.
///
/// # Safety
///
/// `ptrs` must point to `nr` readable pointers that nobody changes meanwhile, each as for
/// [`rcu_headless_free_any()`]; `nr` may be 0, with any `ptrs`.
///
/// # Context
///
/// Process context, may sleep.
#[no_mangle]
unsafe extern "C" fn rcu_headless_free_bulk(nr: usize, ptrs: *const *mut c_void, caller: usize) {
    if nr == 0 {
        return;
    }
    // SAFETY: There are so many, the objects are given away, and this function is what is called
    // (contract).
    let (batch, call) = unsafe {
        let pointers = core::slice::from_raw_parts(ptrs, nr);
        (Batch::new(pointers), Call::begin(caller))
    };
    batch.free(call);
}

/// `kvfree_rcu_headless_try()`.
///
/// # Safety
///
/// As for [`rcu_headless_free_any()`]. The object is the caller's again if this returns `false`.
///
/// # Context
///
/// Any context.
#[no_mangle]
unsafe extern "C" fn rcu_headless_free_try(ptr: *const c_void, caller: usize) -> bool {
    // SAFETY: The object is given away, and this function is what is called (contract).
    let (given, call) = unsafe { (Given::new(ptr), Call::begin(caller)) };
    let engine = call.engine();
    match put_quickly(given, |object| engine.put_quickly(object)) {
        Ok(()) => true,
        Err(given) => slow_path::try_free(given, call.caller(), engine),
    }
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
    // SAFETY: The object is given away, the reserve is valid, and this function is what is called
    // (contract).
    let (given, call, slot) = unsafe { (Given::new(ptr), Call::begin(caller), slot_of(reserve)) };
    if let Err(given) = put_quickly(given, |object| slot.put_quickly(object)) {
        slow_path::free_reserved(slot, given, call.caller(), call.engine());
    }
}

/// `rcu_headless_reserve()`.
///
/// # Safety
///
/// `reserve` must be valid, zero before the first call, and used by this API alone since. To be
/// called through the exported symbol alone.
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
    // SAFETY: The reserve is valid, and this function is what is called (contract).
    let (mut call, slot) = unsafe { (Call::begin(caller), slot_of(reserve)) };
    // SAFETY: It goes into a reserve, which the engine's list owns.
    let sink = unsafe { call.handle() };
    from_result(|| {
        let (engine, _) = call.sleeper().ok_or(EINVAL)?;
        slot.provide(engine.reserves(), sink, nr, gfp).map(|()| 0)
    })
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
    // SAFETY: The reserve is valid, and this function is what is called (contract).
    let (mut call, slot) = unsafe { (Call::begin(caller), slot_of(reserve)) };
    if let Some((engine, _)) = call.sleeper() {
        slot.give_back(engine.reserves());
    }
}

/// `rcu_headless_barrier()`.
///
/// # Safety
///
/// To be called through the exported symbol alone.
///
/// # Context
///
/// Process context, sleeps; in any other it doesn't wait.
#[no_mangle]
unsafe extern "C" fn rcu_headless_wait(caller: usize) {
    // SAFETY: This function is what is called (contract).
    let mut call = unsafe { Call::begin(caller) };
    if let Some((engine, mut task)) = call.sleeper() {
        barrier::wait(&mut task, engine);
    }
}

/// Frees an object after a grace period: in most calls, stores its pointer and that is all.
///
/// `slab_only` is for a call that takes no objects of vmalloc.
#[inline(always)]
fn free(slab_only: bool, given: Given, call: Call) {
    match call.stay() {
        Ok(call) => {
            if let Err(given) = call.push(given, Channel::Slab) {
                free_otherwise(given, call, slab_only);
            }
        }
        Err(call) => free_slowly(given, call, slab_only),
    }
}

/// Frees what isn't just stored as an object of slab, perhaps one of vmalloc.
///
/// Out of line, as [`free_slowly()`] is, called last and with its arguments in the caller's order,
/// so that [`free()`] has nothing to save or move.
#[inline(never)]
fn free_otherwise(given: Given, call: CallHere, slab_only: bool) {
    let given = match slab_only {
        true => Err(given),
        false => call.push(given, Channel::Vmalloc),
    };
    if let Err(given) = given {
        free_slowly(given, call.leave(), slab_only);
    }
}

/// Frees what can't just be stored.
#[cold]
#[inline(never)]
fn free_slowly(given: Given, call: Call, slab_only: bool) {
    slow_path::free(given, call, slab_only);
}

/// Puts an object into an inbox by `put`, if it is one of slab and that is all there is to do.
#[inline(always)]
fn put_quickly(given: Given, put: impl FnOnce(Object) -> Result<(), Object>) -> Result<(), Given> {
    put(plain::accept(given)?).map_err(Object::into_given)
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
    // SAFETY: It is valid (contract), and a slot has the layout of the one pointer in it.
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
    let _ = [rcu_headless_wait, bindings::rcu_headless_wait];
};
