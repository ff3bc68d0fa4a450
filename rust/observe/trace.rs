// SPDX-License-Identifier: GPL-2.0

//! The events that can be traced. Off, each is a branch that is patched out.
//!
//! Their fields are in `helpers/trace.h`.

use kernel::{
    cpu::CpuId,
    ffi::c_int,
    time::Delta, //
};

use crate::{
    bindings,
    check::plain::Watcher,
    object::{
        Channel,
        Pointer, //
    }, //
};

/// Passes an event on if somebody traces it. `kernel::tracepoint::declare_trace!` does the same for
/// events of the kernel's own.
macro_rules! trace {
    ($event:ident, $($arg:expr),+) => {
        #[cfg(CONFIG_TRACEPOINTS)]
        kernel::macros::paste! {
            // SAFETY: It is the key of a tracepoint that C defines.
            let is_on = unsafe {
                kernel::jump_label::static_branch_unlikely!(
                    bindings::[< __tracepoint_ $event >],
                    kernel::bindings::tracepoint,
                    key
                )
            };
            if is_on {
                // SAFETY: The event copies what it is given; strings are as long as it is told.
                unsafe { bindings::[< rust_do_trace_ $event >]($($arg),+) };
            }
        }
        #[cfg(not(CONFIG_TRACEPOINTS))]
        let _ = ($($arg),+);
    };
}

/// An object was handed over.
pub(crate) fn queue(caller: usize, channel: Channel, object: Pointer) {
    trace!(queue, caller, channel as u32, object);
}

/// A page had no room for another pointer, and was sealed.
pub(crate) fn page_full(cpu: CpuId, channel: Channel, objects: usize) {
    trace!(page_full, cpu.as_u32(), channel as u32, objects);
}

/// Pages that were queued on `cpu` are about to be emptied.
pub(crate) fn drain_start(cpu: CpuId) {
    trace!(drain_start, cpu.as_u32());
}

/// They are empty, and that many objects freed.
pub(crate) fn drain_end(cpu: CpuId, pages: usize, objects: usize) {
    trace!(drain_end, cpu.as_u32(), pages, objects);
}

/// A caller has waited, for lack of memory or since too much did.
pub(crate) fn fallback(caller: usize, channel: Channel, waited: Delta) {
    trace!(fallback, caller, channel as u32, waited.as_nanos() as u64);
}

/// A caller got something wrong.
pub(crate) fn misuse(kind: &str, caller: usize) {
    trace!(misuse, caller, kind.as_ptr(), kind.len());
}

/// Somebody begins to trace [`queue()`], for which calls must leave their fast path.
///
/// # Context
///
/// Process context.
#[no_mangle]
extern "C" fn rcu_headless_trace_queue_begin() -> c_int {
    Watcher::Trace.watch(true);
    0
}

/// The last one has stopped. That may be after the module's exit, when its events go.
///
/// # Context
///
/// Process context.
#[no_mangle]
extern "C" fn rcu_headless_trace_queue_end() {
    Watcher::Trace.watch(false);
}

/// The types here are those of the C header.
const _: () = {
    let _: unsafe extern "C" fn() -> c_int = bindings::rcu_headless_trace_queue_begin;
    let _: unsafe extern "C" fn() = bindings::rcu_headless_trace_queue_end;
};
