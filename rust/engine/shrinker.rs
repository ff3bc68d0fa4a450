// SPDX-License-Identifier: GPL-2.0

//! Gives memory back when the kernel asks for it: spare pages at once, pending objects soon.
//!
//! What it counts is pages that it can give back on the spot, and those that the next grace period
//! brings; that this has begun is all the shrinker sees to.
//!
//! C header: [`include/linux/shrinker.h`](srctree/include/linux/shrinker.h)

use core::ptr::NonNull;

use kernel::{
    alloc::AllocError,
    bindings,
    ffi::c_ulong,
    page::PAGE_SIZE,
    prelude::*, //
};

use crate::{
    engine::{
        Engine,
        Handle, //
    },
    observe::stats,
    page::spares,
    params::SPARES_MIN,
    platform::this_cpu::TaskContext, //
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

/// Says how many pages [`scan()`] could give back, at once or by a grace period.
///
/// # Safety
///
/// Only for the kernel to call, as [`Registration::new()`] says.
unsafe extern "C" fn count(
    _: *mut bindings::shrinker,
    _: *mut bindings::shrink_control,
) -> c_ulong {
    // Sums that are kept anyway: this is called often, and there may be many CPUs.
    let waiting = stats::WEIGHT.get() + stats::PARKED_BYTES.get();
    let objects = waiting.max(0) as usize / PAGE_SIZE;
    match objects + surplus() {
        0 => bindings::SHRINK_EMPTY as c_ulong,
        pages => pages as c_ulong,
    }
}

/// How many pages of pointers there are beyond what the CPUs always need, be they empty or not.
fn surplus() -> usize {
    let needed = SPARES_MIN as i64 * stats::CPUS.get();
    (stats::PAGES.get() - needed).max(0) as usize
}

/// Gives back spare pages, as many as asked for or as there are, and sees to it that what waits
/// doesn't wait for more.
///
/// # Safety
///
/// As for [`count()`], with a valid `control`.
unsafe extern "C" fn scan(
    shrinker: *mut bindings::shrinker,
    control: *mut bindings::shrink_control,
) -> c_ulong {
    // SAFETY: It is the shrinker of `Registration::new()`, and the engine outlives that; `control`
    // is valid during the call (contract).
    let (engine, wanted) = unsafe {
        (
            &*(*shrinker).private_data.cast::<Engine>(),
            (*control).nr_to_scan,
        )
    };
    // Before anything is taken: it isn't to be replaced meanwhile.
    spares::back_off();
    // SAFETY: Memory is reclaimed by tasks that may sleep, outside of the calls that have a proof.
    let task = unsafe { TaskContext::assume() };
    for queue in engine.active() {
        queue.lock(&task).revoke();
    }

    let mut freed = 0;
    if surplus() > 0 {
        for queue in engine.queues.iter() {
            while freed < wanted {
                let Some(page) = queue.spares.take_surplus() else {
                    break;
                };
                // Count first: what misses the page finds it in `shrinker_pages`.
                stats::SHRINKER_PAGES.add(1);
                drop(page);
                freed += 1;
            }
        }
    }
    stats::SHRINKER_SCANS.add(1);
    if freed == 0 {
        return bindings::SHRINK_STOP as c_ulong;
    }
    freed
}
