// SPDX-License-Identifier: GPL-2.0

//! Work that runs near the CPU that queues it, on a workqueue of our own.
//!
//! The kernel crate's workqueue module owns no queues, and can neither put work off nor wait for
//! it.
//!
//! C header: [`include/linux/workqueue.h`](srctree/include/linux/workqueue.h)

use core::ptr::NonNull;

use kernel::{
    alloc::AllocError,
    bindings,
    container_of,
    ffi::c_int,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed, //
        },
        LockClassKey, //
    },
    time::Jiffies,
    types::Opaque, //
};

use crate::platform::{
    linux::smp_mb,
    sched::cond_resched,
    this_cpu::TaskContext, //
};

/// A workqueue whose work no CPU has to run: any may that isn't isolated.
///
/// # Invariants
///
/// A live workqueue that only this value destroys.
pub(crate) struct WorkQueue(NonNull<bindings::workqueue_struct>);

// SAFETY: Workqueues are used by any number of threads at once.
unsafe impl Send for WorkQueue {}
// SAFETY: Workqueues are used by any number of threads at once.
unsafe impl Sync for WorkQueue {}

impl WorkQueue {
    /// Makes a workqueue for what gives memory back: in a hurry, and with a rescuer thread, so that
    /// it makes progress when memory is short.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new_reclaim(name: &'static CStr) -> Result<Self> {
        Self::new(
            name,
            bindings::wq_flags_WQ_MEM_RECLAIM | bindings::wq_flags_WQ_HIGHPRI,
        )
    }

    /// Makes a workqueue for what may wait for memory.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new_plain(name: &'static CStr) -> Result<Self> {
        Self::new(name, 0)
    }

    fn new(name: &'static CStr, flags: bindings::wq_flags) -> Result<Self> {
        // SAFETY: The format asks for one string and is given one, which is NUL-terminated.
        let wq = unsafe {
            bindings::alloc_workqueue_noprof(
                c"%s".as_char_ptr(),
                flags | bindings::wq_flags_WQ_UNBOUND,
                0,
                name.as_char_ptr(), //
            )
        };
        // INVARIANT: Just made.
        Ok(Self(NonNull::new(wq).ok_or(AllocError)?))
    }
}

impl Drop for WorkQueue {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is live and ours; work items on it borrow it.
        unsafe { bindings::destroy_workqueue(self.0.as_ptr()) };
    }
}

/// Stands for a CPU near the one that queues the work.
const ANY_CPU: c_int = bindings::wq_misc_consts_WORK_CPU_UNBOUND as c_int;

/// What a [`Work`] does.
pub(crate) trait Run: Sync + 'static {
    /// Does the work.
    ///
    /// # Context
    ///
    /// Process context, may sleep.
    fn run(&self, task: &mut TaskContext<'_>);
}

/// What lockdep takes a kind of work for; made by [`work_class!`].
///
/// Work of one class waits for work of another without a false alarm: freeing, which may not wait
/// for memory, and allocating are different things.
#[derive(Clone, Copy)]
pub(crate) struct WorkClass {
    pub(crate) name: &'static CStr,
    pub(crate) work: Pin<&'static LockClassKey>,
    pub(crate) timer: Pin<&'static LockClassKey>,
}

/// Makes a [`WorkClass`], one for each place that it stands in.
macro_rules! work_class {
    ($name:literal) => {
        $crate::platform::work::WorkClass {
            name: $name,
            work: ::kernel::static_lock_class!(),
            timer: ::kernel::static_lock_class!(),
        }
    };
}
pub(crate) use work_class;

/// A piece of work that is queued at once or after a delay.
///
/// # Invariants
///
/// `work` is an initialised `struct delayed_work` whose function is [`Work::call()`]. As only
/// [`Work::new()`] makes one, in the place where it stays, it is pinned.
///
/// Where `wanted` is more than `ended`, a run is still to begin or to end. Runs don't overlap.
#[pin_data(PinnedDrop)]
pub(crate) struct Work<T: Run> {
    #[pin]
    work: Opaque<bindings::delayed_work>,
    /// How many runs have begun.
    begun: Atomic<usize>,
    /// How many are over.
    ended: Atomic<usize>,
    /// How many must be, for all who have queued it at once.
    wanted: Atomic<usize>,
    target: T,
}

// SAFETY: It may be dropped on any thread: the C side doesn't care, and `target` may.
unsafe impl<T: Run + Send> Send for Work<T> {}
// SAFETY: The C side does its own locking, and `target` is `Sync` and only ever borrowed.
unsafe impl<T: Run> Sync for Work<T> {}

impl<T: Run> Work<T> {
    /// Makes work that isn't queued. Lockdep knows each kind of work by its `class`.
    pub(crate) fn new(target: T, class: WorkClass) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: Initialised here, in the place where it stays.
            work <- Opaque::ffi_init(|work: *mut bindings::delayed_work| {
                let (name, work_key, timer_key) = (class.name, class.work, class.timer);
                // SAFETY: `work` is a place for the struct that won't move. Only the workqueue sets
                // the timer, for which this is the function and the flag.
                unsafe {
                    bindings::init_work_with_key(
                        &raw mut (*work).work,
                        Some(Self::call),
                        false,
                        name.as_char_ptr(),
                        work_key.as_ptr(),
                    );
                    bindings::timer_init_key(
                        &raw mut (*work).timer,
                        Some(bindings::delayed_work_timer_fn),
                        bindings::TIMER_IRQSAFE,
                        name.as_char_ptr(),
                        timer_key.as_ptr(),
                    );
                }
            }),
            begun: Atomic::new(0),
            ended: Atomic::new(0),
            wanted: Atomic::new(0),
            target,
        })
    }

    /// Queues the work after `delay`, unless it is queued already.
    ///
    /// Either way it begins to run at some time after this call.
    ///
    /// # Context
    ///
    /// Any context but NMI.
    pub(crate) fn queue(&self, wq: &WorkQueue, delay: Jiffies) {
        if self.is_queued() {
            return;
        }
        // SAFETY: By the type invariant the work is initialised, it stays where it is and alive
        // until `drop()` has waited for it, and the queue is live.
        unsafe { bindings::queue_delayed_work_on(ANY_CPU, wq.0.as_ptr(), self.work.get(), delay) };
    }

    /// Queues the work after `delay`, whatever delay it is queued with already.
    ///
    /// # Context
    ///
    /// Any context but NMI.
    pub(crate) fn requeue(&self, wq: &WorkQueue, delay: Jiffies) {
        // SAFETY: By the type invariant the work is initialised, it stays where it is and alive
        // until `drop()` has waited for it, and the queue is live.
        unsafe { bindings::mod_delayed_work_on(ANY_CPU, wq.0.as_ptr(), self.work.get(), delay) };
    }

    /// Queues the work at once, even if it is queued with a delay.
    ///
    /// # Context
    ///
    /// Any context but NMI.
    pub(crate) fn queue_now(&self, wq: &WorkQueue) {
        // Full: what this code has done before is seen by a run that isn't counted here.
        smp_mb(Full);
        let next = self.begun.load(Relaxed).wrapping_add(1);
        self.requeue(wq, 0);
        // Only now, so that what waits for it finds the work queued.
        let mut wanted = self.wanted.load(Relaxed);
        while is_before(wanted, next) {
            match self.wanted.cmpxchg(wanted, next, Full) {
                Ok(_) => break,
                Err(now) => wanted = now,
            }
        }
    }

    /// Whether the work is queued already: then it begins to run after this call, and sees all that
    /// this code has done before.
    ///
    /// It spares asking the workqueue, which has to turn interrupts off to find out.
    fn is_queued(&self) -> bool {
        // Against the barrier between the workqueue's taking the mark away and the run.
        smp_mb(Full);
        // SAFETY: By the type invariant the work is initialised; the mark is looked at whole.
        let data = unsafe { (&raw const (*self.work.get()).work.data.counter).read_volatile() };
        data & (1 << bindings::work_bits_WORK_STRUCT_PENDING_BIT) != 0
    }

    /// What does the work.
    pub(crate) fn target(&self) -> &T {
        &self.target
    }

    /// Waits until a run is over that has begun since this code has queued the work at once.
    ///
    /// The kernel's flush alone doesn't: where other code queues the same work at once, it takes
    /// the work off the list and puts it behind, and leaves what waits for it in the old place,
    /// even if a run is going on meanwhile.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn wait(&self) {
        let wanted = self.wanted.load(Acquire);
        while is_before(self.ended.load(Acquire), wanted) {
            self.flush();
            cond_resched();
        }
    }

    fn flush(&self) {
        // SAFETY: By the type invariant the work is initialised.
        unsafe { bindings::flush_delayed_work(self.work.get()) };
    }

    /// # Safety
    ///
    /// `work` must be that of a live `Work<T>`, as the workqueue hands it in.
    unsafe extern "C" fn call(work: *mut bindings::work_struct) {
        // SAFETY: It is the field of a delayed work (contract).
        let work = unsafe { container_of!(work, bindings::delayed_work, work) };
        // SAFETY: It is the field of a `Work<T>`, alive since `drop()` waits for this function.
        let this = unsafe { &*container_of!(Opaque::cast_from(work), Self, work) };
        // Full: what was done before the work was queued by code that doesn't see this is seen
        // below.
        this.begun.fetch_add(1, Full);
        // SAFETY: A workqueue's thread is a task with interrupts on, and this is where it begins.
        this.target.run(&mut unsafe { TaskContext::assume() });
        // Full: who sees it sees what the run has done.
        this.ended.fetch_add(1, Full);
    }
}

/// Whether `a` comes before `b`, of two numbers that count up and are near each other.
fn is_before(a: usize, b: usize) -> bool {
    (a.wrapping_sub(b) as isize) < 0
}

#[pinned_drop]
impl<T: Run> PinnedDrop for Work<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant the work is initialised; nobody queues it any more, as
        // that would take a reference.
        unsafe { bindings::cancel_delayed_work_sync(self.work.get()) };
    }
}
