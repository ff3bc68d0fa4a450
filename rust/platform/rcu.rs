// SPDX-License-Identifier: GPL-2.0

//! RCU for objects that somebody else must free: grace periods, cookies and an alarm.
//!
//! Three ways to learn that a grace period is over, from the one that waits to the one that is
//! told:
//!
//! - [`synchronize_rcu()`] sleeps until it is.
//! - A [`Cookie`] remembers a moment; [`Cookie::elapsed()`] says without waiting whether a grace
//!   period has passed since. Nobody is told when that happens.
//! - An [`Alarm`] calls a function once a grace period has passed since it was set.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use core::ptr::from_mut;

use kernel::{
    bindings,
    container_of,
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
    types::Opaque, //
};

use crate::{
    bindings::{
        rcu_headless_helper_call_rcu_hurry,
        rcu_headless_helper_get_state_synchronize_rcu_full,
        rcu_headless_helper_poll_state_synchronize_rcu_full, //
    },
    platform::linux::rcu_gp_seq, //
};

pub(crate) use crate::platform::linux::{
    rcu_barrier,
    synchronize_rcu, //
};

/// Waits for a grace period in a hurry: sooner, at the cost of interrupting all CPUs.
///
/// # Context
///
/// Process context, sleeps.
pub(crate) fn synchronize_rcu_expedited() {
    // SAFETY: Sound in process context, outside RCU read-side critical sections.
    unsafe { crate::bindings::rcu_headless_helper_synchronize_rcu_expedited() };
}

/// A moment in the sequence of grace periods.
///
/// Whatever readers could no longer find before the cookie was taken may be freed once it has
/// elapsed. A cookie that is copied about is still the same moment; an old one can only say
/// "elapsed" too late, never too early.
#[derive(Clone, Copy)]
pub(crate) struct Cookie(rcu_gp_seq);

impl Cookie {
    /// Takes a cookie for this moment.
    ///
    /// It asks for no grace period: without somebody else who does, the cookie may never elapse.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn now() -> Self {
        let mut seq = rcu_gp_seq::default();
        // SAFETY: `seq` is a valid place of the type that the state has, for it to be written to,
        // and the function has no other requirement. It orders all earlier accesses of this CPU
        // before the cookie.
        unsafe { rcu_headless_helper_get_state_synchronize_rcu_full(from_mut(&mut seq).cast()) };
        Self(seq)
    }

    /// Whether a whole grace period has passed since the cookie was taken.
    ///
    /// When it returns `true`, everything that readers did inside read-side critical sections
    /// which began before the cookie happened before the return.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn elapsed(&self) -> bool {
        let mut seq = self.0;
        // SAFETY: `seq` is a copy of what `get_state_synchronize_rcu_full()` has written.
        unsafe { rcu_headless_helper_poll_state_synchronize_rcu_full(from_mut(&mut seq).cast()) }
    }
}

/// What an [`Alarm`] does when its grace period is over.
pub(crate) trait Ring: Sync + 'static {
    /// Called once for each time that the alarm was set.
    ///
    /// # Context
    ///
    /// Softirq context, or a kernel thread with softirqs off: must not sleep. On any CPU.
    fn ring(&self);
}

/// Calls [`Ring::ring()`] after a grace period; can be set again and again.
///
/// One alarm stands for any number of waiting objects: it is for learning *when* to look, and the
/// cookies of the objects say *which* of them may go.
///
/// # Invariants
///
/// `armed` is true from before `head` is given to `call_rcu_hurry()` until RCU no longer uses it,
/// so a `head` whose alarm isn't armed is free to be given away. As only [`Alarm::new()`] makes
/// one, in the place where it stays, it is pinned. When it is dropped the callback has returned.
#[pin_data]
pub(crate) struct Alarm<T: Ring> {
    #[pin]
    head: Opaque<bindings::callback_head>,
    armed: Atomic<bool>,
    target: T,
}

// SAFETY: It may be dropped on any thread: RCU doesn't care, and `target` may.
unsafe impl<T: Ring + Send> Send for Alarm<T> {}
// SAFETY: `head` is used by whoever turned `armed` from false to true, then by RCU, never by two
// at once (type invariant); `target` is `Sync` and is only ever borrowed.
unsafe impl<T: Ring> Sync for Alarm<T> {}

impl<T: Ring> Alarm<T> {
    /// Makes an alarm that is not set.
    ///
    /// # Safety
    ///
    /// Between the last [`Self::set()`] and the drop there must be an [`rcu_barrier()`]: one for
    /// any number of alarms.
    pub(crate) unsafe fn new(target: T) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: Not armed, and RCU has never seen `head`. The drop is the contract's.
            head: Opaque::zeroed(),
            armed: Atomic::new(false),
            target,
        })
    }

    /// Whether it is set.
    pub(crate) fn is_set(&self) -> bool {
        self.armed.load(Relaxed)
    }

    /// Sets the alarm, unless it is already set.
    ///
    /// Returns whether this call set it. `false` means that it will ring, but perhaps for a grace
    /// period that began before this call.
    ///
    /// # Context
    ///
    /// Any context but NMI.
    pub(crate) fn set(&self) -> bool {
        // The load saves the locked exchange in the usual case of an alarm that is set already.
        if self.is_set() || self.armed.xchg(true, Acquire) {
            return false;
        }
        // In a hurry: with `CONFIG_RCU_LAZY` a CPU whose callbacks are offloaded would otherwise
        // put the grace period off for ten seconds.
        //
        // SAFETY: `armed` was false, so by the type invariant RCU doesn't use `head`, and we are
        // the ones who turned it to true. `head` stays where it is and alive until the callback
        // has returned: by the type invariant.
        unsafe { rcu_headless_helper_call_rcu_hurry(self.head.get(), Some(Self::callback)) };
        true
    }

    /// # Safety
    ///
    /// `head` must be the field of that name in a live `Alarm<T>`, handed over to RCU by
    /// [`Alarm::set()`] and called back once for it.
    unsafe extern "C" fn callback(head: *mut bindings::callback_head) {
        // SAFETY: By the contract of this function `head` is the field of an `Alarm<T>`, which is
        // alive until this returns: by its invariant. `Opaque` has the layout of what it wraps.
        let this = unsafe { &*container_of!(Opaque::cast_from(head), Self, head) };
        // INVARIANT: RCU is done with a head when it calls its callback. Cleared before the ring:
        // what is queued from here on needs, and gets, an alarm of its own.
        this.armed.store(false, Release);
        this.target.ring();
    }
}
