// SPDX-License-Identifier: GPL-2.0

//! Work that any code may ask for, under any lock and in an NMI.
//!
//! Queueing work takes the locks of workqueues and timers, which the code that asks may hold. So
//! asking raises an interrupt on the same CPU, and that queues the work.
//!
//! C header: [`include/linux/irq_work.h`](srctree/include/linux/irq_work.h)

use kernel::{
    bindings,
    container_of,
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings::{
        rcu_headless_helper_init_irq_work,
        rcu_headless_helper_takes_interrupts, //
    },
    platform::{
        this_cpu::NoPreempt,
        work::{
            Run,
            Work,
            WorkClass, //
        }, //
    }, //
};

/// Work that is queued in an interrupt.
pub(crate) trait RunSoon: Run + Sized {
    /// Queues the work.
    ///
    /// # Context
    ///
    /// Hard interrupt.
    fn queue(work: &Work<Self>);
}

/// Work and the interrupt that queues it.
///
/// # Invariants
///
/// `irq` is an initialised `struct irq_work` whose function is [`Self::call()`]. As only
/// [`Self::new()`] makes one, in the place where it stays, it is pinned.
#[pin_data(PinnedDrop)]
pub(crate) struct IrqWork<T: RunSoon> {
    #[pin]
    irq: Opaque<bindings::irq_work>,
    #[pin]
    work: Work<T>,
}

// SAFETY: It may be dropped on any thread: the C side doesn't care, and `work` may.
unsafe impl<T: RunSoon + Send> Send for IrqWork<T> {}
// SAFETY: The C side changes `irq` atomically, and `work` is `Sync` and only ever borrowed.
unsafe impl<T: RunSoon> Sync for IrqWork<T> {}

impl<T: RunSoon> IrqWork<T> {
    /// Makes work that nobody has asked for. Lockdep knows each kind of work by its `class`.
    pub(crate) fn new(target: T, class: WorkClass) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: Initialised here, in the place where it stays.
            irq <- Opaque::ffi_init(|irq: *mut bindings::irq_work| {
                // SAFETY: `irq` is a place for the struct that won't move.
                unsafe { rcu_headless_helper_init_irq_work(irq, Some(Self::call)) };
            }),
            work <- Work::new(target, class),
        })
    }

    /// Has the work queued soon after this call, but for one case: a CPU that is going down takes
    /// no interrupt any more. What was asked for there is to be queued when it is dead.
    ///
    /// # Context
    ///
    /// Any context, with preemption off.
    pub(crate) fn ask(&self, _: &NoPreempt) {
        // SAFETY: It looks at the state of this CPU, and has no requirement.
        if unsafe { rcu_headless_helper_takes_interrupts() } {
            // SAFETY: By the type invariant it is initialised; it stays where it is and alive until
            // `drop()` has waited for it.
            unsafe { bindings::irq_work_queue(self.irq.get()) };
        }
    }

    /// The work.
    pub(crate) fn work(&self) -> &Work<T> {
        &self.work
    }

    /// # Safety
    ///
    /// `irq` must be that of a live `IrqWork<T>`, as the kernel hands it in.
    unsafe extern "C" fn call(irq: *mut bindings::irq_work) {
        // SAFETY: It is the field of an `IrqWork<T>`, alive since `drop()` waits for this function
        // (contract). `Opaque` has the layout of what it wraps.
        let this = unsafe { &*container_of!(Opaque::cast_from(irq), Self, irq) };
        T::queue(&this.work);
    }
}

#[pinned_drop]
impl<T: RunSoon> PinnedDrop for IrqWork<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant it is initialised; nobody asks any more, as that would take
        // a reference. The work, which the interrupt may have queued, is dropped after this.
        unsafe { bindings::irq_work_sync(self.irq.get()) };
    }
}
