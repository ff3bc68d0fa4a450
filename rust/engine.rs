// SPDX-License-Identifier: GPL-2.0

//! All that the loaded module has, and how code reaches it.

use core::{
    cell::UnsafeCell,
    ops::Deref,
    ptr::NonNull, //
};

use kernel::{
    new_srcu,
    prelude::*,
    sync::Srcu, //
};

use crate::{
    barrier,
    bindings,
    bulk_page::{
        Channel,
        Object, //
    },
    queue::{
        Queues,
        Shared, //
    },
    work::WorkQueue, //
};

/// All that the loaded module has.
#[pin_data(PinnedDrop)]
pub(crate) struct Engine {
    /// Each CPU's queue. Before the rest, since what runs on it needs the rest.
    pub(crate) queues: Queues,
    /// Where the queues' work runs.
    wq: WorkQueue,
    /// Held for reading by whoever has pages in hand that are on no queue.
    #[pin]
    pub(crate) in_hand: Srcu,
    /// The addresses that `vmalloc()` hands out: from the first to before the second.
    vmalloc: (usize, usize),
}

impl Engine {
    /// Makes an engine with nothing in it.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(&this in Self {
            wq: WorkQueue::new(c"rcu_headless")?,
            in_hand <- new_srcu!("rcu_headless"),
            vmalloc: vmalloc_range(),
            queues: Queues::new(|cpu| {
                // The queues are part of the engine and dropped first. That the engine isn't
                // complete yet doesn't matter: they look at it only when something is queued.
                Shared::new(Handle(this), cpu)
            })?,
        }? Error)
    }

    /// Where the queues' work runs.
    pub(crate) fn wq(&self) -> &WorkQueue {
        &self.wq
    }

    /// Which channel an object belongs to.
    #[inline]
    pub(crate) fn channel_of(&self, object: Object) -> Channel {
        // With tags in the upper bits of pointers a range says nothing.
        let vmalloc = if cfg!(any(CONFIG_KASAN_SW_TAGS, CONFIG_KASAN_HW_TAGS)) {
            // SAFETY: Always sound to call; it looks at the address only.
            unsafe { kernel::bindings::is_vmalloc_addr(object) }
        } else {
            (self.vmalloc.0..self.vmalloc.1).contains(&object.addr())
        };
        if vmalloc {
            Channel::Vmalloc
        } else {
            Channel::Slab
        }
    }
}

#[pinned_drop]
impl PinnedDrop for Engine {
    fn drop(self: Pin<&mut Self>) {
        // Nobody queues any more: free what still waits. The fields do the rest, queues first.
        barrier::wait(&self);
    }
}

fn vmalloc_range() -> (usize, usize) {
    // SAFETY: Always sound to call.
    let start = unsafe { bindings::rcu_headless_helper_vmalloc_start() };
    // SAFETY: Always sound to call.
    let end = unsafe { bindings::rcu_headless_helper_vmalloc_end() };
    (start, end)
}

/// A reference to the engine for its own parts and for what is dropped before it.
///
/// # Invariants
///
/// The engine outlives the handle.
#[derive(Clone, Copy)]
pub(crate) struct Handle(NonNull<Engine>);

// SAFETY: Shared access to the engine is all that a handle gives, and `Engine` is `Sync`.
unsafe impl Send for Handle {}
// SAFETY: As above.
unsafe impl Sync for Handle {}

impl Handle {
    /// Makes a handle.
    ///
    /// # Safety
    ///
    /// The handle and its copies must be gone before `engine` is dropped.
    pub(crate) unsafe fn new(engine: Pin<&Engine>) -> Self {
        // INVARIANT: The contract.
        Self(NonNull::from(engine.get_ref()))
    }
}

impl Deref for Handle {
    type Target = Engine;

    #[inline]
    fn deref(&self) -> &Engine {
        // SAFETY: By the type invariant the engine is alive, and nobody has it mutably: it is
        // pinned behind shared references until it is dropped.
        unsafe { self.0.as_ref() }
    }
}

struct Slot(UnsafeCell<Option<Handle>>);

// SAFETY: Written only while nobody can read: see `Published`.
unsafe impl Sync for Slot {}

static ENGINE: Slot = Slot(UnsafeCell::new(None));

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
/// exports, or in a callback that is unregistered before.
#[inline]
pub(crate) unsafe fn get<'a>() -> &'a Engine {
    // SAFETY: While `Published` lives nobody writes to the slot, it holds a handle, and the engine
    // outlives `Published` (all by the contract).
    unsafe { (*ENGINE.0.get()).as_ref().unwrap_unchecked() }
}
