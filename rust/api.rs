// SPDX-License-Identifier: GPL-2.0

//! The functions that other modules call.
//!
//! C header: `include/linux/rcu_headless.h`, where each is documented for its callers.

use kernel::{
    ffi::c_void,
    pr_warn_once,
    task::might_sleep, //
};

use crate::{
    barrier,
    bindings,
    bulk_page::{
        Channel,
        Object, //
    },
    engine::{
        self,
        Engine, //
    },
    fallback,
    stats::Counter, //
};

/// How many pointers [`kvfree_rcu_headless_bulk()`] stores before it lets others have the CPU.
const BULK_CHUNK: usize = 64;

/// Frees a kmalloc object after a grace period.
///
/// # Safety
///
/// `ptr` must be null or an object of the kmalloc family that is the caller's to free, and that no
/// reader can find who starts after this call. The module must be loaded.
///
/// # Context
///
/// Process context, may sleep.
#[no_mangle]
pub(crate) unsafe extern "C" fn kfree_rcu_headless(ptr: *const c_void) {
    might_sleep();
    // SAFETY: Called through an exported symbol, so the module is loaded.
    let engine = unsafe { engine::get() };
    // SAFETY: The contract of this function.
    unsafe { queue(engine, Channel::Slab, ptr.cast_mut()) };
}

/// Frees a kmalloc or vmalloc object after a grace period.
///
/// # Safety
///
/// As for [`kfree_rcu_headless()`], with objects of the vmalloc family as well.
///
/// # Context
///
/// Process context, may sleep.
#[no_mangle]
pub(crate) unsafe extern "C" fn kvfree_rcu_headless(ptr: *const c_void) {
    might_sleep();
    // SAFETY: Called through an exported symbol, so the module is loaded.
    let engine = unsafe { engine::get() };
    let ptr = ptr.cast_mut();
    // SAFETY: The contract of this function, and the object is in the channel that it belongs to.
    unsafe { queue(engine, engine.channel_of(ptr), ptr) };
}

/// Frees many objects after a grace period.
///
/// # Safety
///
/// `ptrs` must point to `nr` readable pointers that nobody changes meanwhile, each as for
/// [`kvfree_rcu_headless()`].
///
/// # Context
///
/// Process context, may sleep.
#[no_mangle]
pub(crate) unsafe extern "C" fn kvfree_rcu_headless_bulk(nr: usize, ptrs: *const *mut c_void) {
    might_sleep();
    if nr == 0 {
        return;
    }
    // SAFETY: Called through an exported symbol, so the module is loaded.
    let engine = unsafe { engine::get() };
    // SAFETY: The contract of this function.
    let objects = unsafe { core::slice::from_raw_parts(ptrs, nr) };
    for chunk in objects.chunks(BULK_CHUNK) {
        // SAFETY: The contract of this function.
        unsafe { queue_chunk(engine, chunk) };
    }
}

/// Waits until all objects that were queued before the call have been freed.
///
/// # Context
///
/// Process context, sleeps.
#[no_mangle]
pub(crate) extern "C" fn rcu_headless_barrier() {
    might_sleep();
    // SAFETY: Called through an exported symbol, so the module is loaded.
    barrier::wait(unsafe { engine::get() });
}

/// Queues one object.
///
/// # Safety
///
/// `object` must be null or the caller's to give away, to be freed in the way of `channel`.
#[inline]
unsafe fn queue(engine: &Engine, channel: Channel, object: Object) {
    if object.is_null() {
        return;
    }
    let Some(mut queue) = engine.queues.own_this_cpu() else {
        return leak(engine, 1);
    };
    // SAFETY: The contract of this function.
    if !unsafe { queue.push(channel, object) } {
        drop(queue);
        // SAFETY: The contract of this function; the object wasn't taken.
        unsafe { fallback::queue_in_new_page(engine, channel, object) };
    }
}

/// Queues some objects with preemption off, and the one that needs a new page with preemption on.
///
/// # Safety
///
/// As for [`kvfree_rcu_headless_bulk()`].
unsafe fn queue_chunk(engine: &Engine, objects: &[Object]) {
    let mut rest = objects.iter().filter(|object| !object.is_null());
    loop {
        let Some(mut queue) = engine.queues.own_this_cpu() else {
            return leak(engine, rest.count());
        };
        // SAFETY: The contract of this function, and each object is in the channel that it belongs
        // to.
        let full = rest.find(|&&o| !unsafe { queue.push(engine.channel_of(o), o) });
        drop(queue);
        let Some(&object) = full else {
            return;
        };
        // SAFETY: As above; the object wasn't taken.
        unsafe { fallback::queue_in_new_page(engine, engine.channel_of(object), object) };
    }
}

/// Gives up on objects that came in from an interrupt which broke into the queue's owner.
///
/// That is a caller's mistake, which must not become a crash: the objects stay allocated.
#[cold]
fn leak(engine: &Engine, nr: usize) {
    pr_warn_once!("called from an interrupt: objects are leaked\n");
    // The counter is the interrupted owner's, who may be in the middle of adding to it: a count
    // that gets lost here is the lesser evil.
    let here = kernel::cpu::CpuId::current();
    if let Some(slot) = engine.queues.slot(here) {
        slot.shared().stats.add(Counter::Leaked, nr as i64);
    }
}

/// The types here are those of the C header: two functions fit into one array only if they agree.
const _: () = {
    let _ = [kfree_rcu_headless, bindings::kfree_rcu_headless];
    let _ = [kvfree_rcu_headless, bindings::kvfree_rcu_headless];
    let _ = [
        kvfree_rcu_headless_bulk,
        bindings::kvfree_rcu_headless_bulk, //
    ];
    let _: unsafe extern "C" fn() = rcu_headless_barrier;
    let _: unsafe extern "C" fn() = bindings::rcu_headless_barrier;
};
