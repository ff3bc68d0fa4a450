// SPDX-License-Identifier: GPL-2.0

//! Gives memory back when the kernel asks for it: spare pages at once, pending objects soon.
//!
//! What it counts is what it can give back on the spot, in pages. Freeing pending objects gives
//! back more, but not before a grace period; that it has begun is all the shrinker sees to.
//!
//! C header: [`include/linux/shrinker.h`](srctree/include/linux/shrinker.h)

use core::ptr::NonNull;

use kernel::{
    alloc::AllocError,
    bindings,
    ffi::c_ulong,
    prelude::*, //
};

use crate::{
    engine::{
        state::Queue,
        Engine,
        Handle, //
    },
    observe::stats,
    page::spares, //
};

/// The shrinker is registered while this lives.
///
/// # Invariants
///
/// A registered shrinker with our callbacks, that only this value frees.
pub(crate) struct Registration(NonNull<bindings::shrinker>);

// SAFETY: It may be freed on any thread.
unsafe impl Send for Registration {}
// SAFETY: There is nothing to do with a reference to it.
unsafe impl Sync for Registration {}

impl Registration {
    /// Registers the shrinker.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new(engine: Handle) -> Result<Self> {
        // SAFETY: The format is NUL-terminated and asks for no argument.
        let shrinker = unsafe { bindings::shrinker_alloc(0, c"rcu_headless".as_char_ptr()) };
        let shrinker = NonNull::new(shrinker).ok_or(AllocError)?;
        // SAFETY: Just allocated, and not registered yet.
        let fields = unsafe { &mut *shrinker.as_ptr() };
        fields.count_objects = Some(count);
        fields.scan_objects = Some(scan);
        fields.seeks = bindings::DEFAULT_SEEKS as i32;
        fields.private_data = engine.0.as_ptr().cast();
        // SAFETY: Complete. It is unregistered before the engine goes, as a handle promises.
        unsafe { bindings::shrinker_register(shrinker.as_ptr()) };
        // INVARIANT: Just registered.
        Ok(Self(shrinker))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is ours. This waits for callbacks that run.
        unsafe { bindings::shrinker_free(self.0.as_ptr()) };
    }
}

/// Says how many pages [`scan()`] could give back.
///
/// With none the kernel doesn't call that at all, so what is pending is seen to here as well.
///
/// # Safety
///
/// Only for the kernel to call, as [`Registration::new()`] says.
unsafe extern "C" fn count(
    shrinker: *mut bindings::shrinker,
    _: *mut bindings::shrink_control,
) -> c_ulong {
    // SAFETY: It is the shrinker of `Registration::new()` (contract), and the engine outlives that.
    let engine = unsafe { &*(*shrinker).private_data.cast::<Engine>() };
    start_drain(engine);
    let surplus = |queue: &Queue| queue.shared().spares.surplus();
    match engine.queues.slots().map(surplus).sum() {
        0 => bindings::SHRINK_EMPTY as c_ulong,
        pages => pages,
    }
}

/// Gives back spare pages, as many as asked for or as there are.
///
/// # Safety
///
/// As for [`count()`], with a valid `control`.
unsafe extern "C" fn scan(
    shrinker: *mut bindings::shrinker,
    control: *mut bindings::shrink_control,
) -> c_ulong {
    // SAFETY: It is the shrinker of `Registration::new()`, and the engine outlives that; `control` is
    // valid during the call (contract).
    let (engine, wanted) = unsafe {
        (
            &*(*shrinker).private_data.cast::<Engine>(),
            (*control).nr_to_scan,
        )
    };
    // Before anything is taken: it isn't to be replaced meanwhile.
    spares::back_off();
    start_drain(engine);

    let mut freed = 0;
    for queue in engine.queues.slots() {
        while freed < wanted {
            let Some(page) = queue.shared().spares.take_surplus() else {
                break;
            };
            // Count first: what misses the page finds it in `shrinker_pages`.
            stats::SHRINKER_PAGES.add(1);
            drop(page);
            freed += 1;
        }
    }
    stats::SHRINKER_SCANS.add(1);
    if freed == 0 {
        return bindings::SHRINK_STOP as c_ulong;
    }
    freed
}

/// Has open pages sealed that would otherwise wait for more pointers.
fn start_drain(engine: &Engine) {
    for queue in engine
        .queues
        .slots()
        .filter(|q| q.shared().open_pages() > 0)
    {
        queue.shared().sealer.queue_now_on(engine.wq(), queue.cpu());
    }
}
