// SPDX-License-Identifier: GPL-2.0

//! How code that other modules or the kernel call finds the engine.

use core::cell::UnsafeCell;

use crate::engine::{
    Engine,
    Handle, //
};

struct EngineCell(UnsafeCell<Option<Handle>>);

// SAFETY: Written only while nobody can read: see `Published`.
unsafe impl Sync for EngineCell {}

static ENGINE: EngineCell = EngineCell(UnsafeCell::new(None));

/// The engine can be reached through [`get()`] while this lives.
///
/// The module loader keeps writers and readers of the slot apart: it lets no other module use our
/// symbols before our init function has succeeded, nor keeps us from unloading unless nobody uses
/// them. CPU hotplug callbacks are registered after and unregistered before.
pub(crate) struct Published(());

impl Published {
    /// Publishes the engine. There is one per module.
    pub(crate) fn new(handle: Handle) -> Self {
        // SAFETY: Called while the module is being initialised, before anybody calls `get()`.
        unsafe { *ENGINE.0.get() = Some(handle) };
        Self(())
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        // SAFETY: Called when the module is being unloaded, or failed to load, after the last
        // caller of `get()`.
        unsafe { *ENGINE.0.get() = None };
    }
}

/// The engine.
///
/// # Safety
///
/// The caller must run while the module's [`Published`] lives: in a function that the module
/// exports, or in a callback that is unregistered before. It must not keep the reference for
/// longer.
#[inline]
pub(crate) unsafe fn get<'a>() -> &'a Engine {
    // SAFETY: While `Published` lives nobody writes to the slot, and it holds a handle, whose
    // engine outlives it (contract).
    unsafe { (*ENGINE.0.get()).unwrap_unchecked().0.as_ref() }
}
