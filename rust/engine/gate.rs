// SPDX-License-Identifier: GPL-2.0

//! Who may use a lane's cursor: calls on its CPU by themselves, or who has the queue's lock.
//!
//! ```text
//!             admit (on the CPU)
//!         +-------------------------+
//!         v                         |
//!       Open --revoke--> Closing ---+--> Closed     (on the CPU: at once)
//!     (calls store)  (some still may)  a grace period later
//! ```
//!
//! On the lane's own CPU who has the lock may use the cursor in every state: with preemption off no
//! call is in its fast path there. From other CPUs it may in the state `Closed` alone. So no CPU
//! has to run anything for its open page to be sealed: it may be busy, isolated, or gone.
//!
//! Revoking takes a stamp of the page. When its grace period is over and the page hasn't grown
//! since, that was the grace period of its objects too.

use crate::page::lane::{
    Lane,
    Stamp, //
};

/// What is known of a lane under the lock of its queue.
///
/// # Invariants
///
/// - `Open` is the only state in which calls on the CPU may begin to store pointers by themselves.
/// - In the state `Closing` there is a stamp, and those that have begun are through when it has
///   elapsed.
/// - In the state `Closed` there are none.
/// - A stamp is one of the page that is open now.
pub(crate) struct Gate {
    state: State,
    stamp: Option<Stamp>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Closing,
    Closed,
}

impl Gate {
    /// For a lane that no call has ever used by itself.
    pub(crate) const fn new() -> Self {
        // INVARIANT: A lane is revoked at first.
        Self {
            state: State::Closed,
            stamp: None,
        }
    }

    /// Whether a grace period is waited for, after which the page is to be looked at.
    pub(crate) fn is_waiting(&self) -> bool {
        self.stamp.is_some()
    }

    /// Whether calls go to the slow path since somebody wants the page sealed.
    pub(crate) fn is_closing(&self) -> bool {
        self.state == State::Closing
    }

    /// Whether who has the lock may use the cursor from any CPU.
    pub(crate) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether the stamp's grace period is over, if there is a stamp.
    ///
    /// From any CPU.
    pub(crate) fn settle(&mut self) -> bool {
        let elapsed = self.stamp.as_ref().is_some_and(Stamp::elapsed);
        if elapsed {
            // INVARIANT: Those that had begun to store by themselves before are through. In the
            // state `Open` there is no stamp.
            self.state = State::Closed;
        }
        elapsed
    }

    /// Takes a stamp of the open page, and has calls on the CPU go to the slow path.
    ///
    /// From any CPU.
    pub(crate) fn revoke(&mut self, lane: &Lane) {
        if self.state == State::Open {
            lane.revoke();
            // INVARIANT: None begins any more. The stamp is taken after that.
            self.state = State::Closing;
            self.stamp = Some(lane.stamp());
        } else if self.stamp.is_none() {
            self.stamp = Some(lane.stamp());
        }
    }

    /// Takes a new stamp if the page has grown since the old one was taken. Returns whether it has.
    ///
    /// From any CPU, in the state `Closed`.
    pub(crate) fn renew(&mut self, lane: &Lane) -> bool {
        let stamp = self.stamp.as_ref();
        let grown = stamp.is_none_or(|stamp| lane.has_grown(stamp));
        if grown {
            self.stamp = Some(lane.stamp());
        }
        grown
    }

    /// Takes the stamp, for the page is being sealed.
    pub(crate) fn take_stamp(&mut self) -> Option<Stamp> {
        self.stamp.take()
    }

    /// Notes that the page was sealed: nobody uses the lane until a page is opened.
    ///
    /// # Safety
    ///
    /// The caller must have been allowed to use the cursor.
    pub(crate) unsafe fn sealed(&mut self, lane: &Lane) {
        if self.state != State::Closed {
            lane.revoke();
        }
        // INVARIANT: Revoked. On the lane's CPU no call is in its fast path while this code runs
        // there, and on another it was `Closed` already (contract).
        self.state = State::Closed;
        self.stamp = None;
    }

    /// Lets calls on the CPU store pointers by themselves, unless the page is to be sealed.
    ///
    /// # Safety
    ///
    /// The code must run on the lane's CPU with preemption off.
    pub(crate) unsafe fn admit(&mut self, lane: &Lane) {
        if self.state == State::Closing || self.stamp.is_some() {
            return;
        }
        // INVARIANT: There is no stamp.
        self.state = State::Open;
        // SAFETY: It runs there (contract). From now on only code on this CPU uses the cursor until
        // `revoke()`, which leads to `Closed` by a grace period.
        unsafe { lane.admit() };
    }
}
