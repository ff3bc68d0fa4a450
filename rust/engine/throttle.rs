// SPDX-License-Identifier: GPL-2.0

//! Why a caller that needs a page is held back: too much waits, of all callers or for its group.
//!
//! Callers can queue faster than grace periods end or objects are freed, and nothing else would
//! keep them from taking all memory.

use crate::{
    engine::{
        group,
        Engine, //
    },
    observe::stats,
    params,
    platform::this_cpu::TaskContext, //
};

/// What is known of one call.
pub(super) struct Throttle {
    /// The object comes out of an inbox. Who empties one isn't held back for what is in it: it
    /// wouldn't get out.
    is_parked: bool,
    group: Option<Group>,
    has_waited: bool,
}

/// What was found out about the task's control group.
struct Group {
    is_short: bool,
    page_bytes: usize,
}

impl Throttle {
    pub(super) fn new(is_parked: bool) -> Self {
        Self {
            is_parked,
            group: None,
            has_waited: false,
        }
    }

    /// Finds out about the task's group, which may mean to ask all queues.
    ///
    /// # Context
    ///
    /// Process context, without a queue's lock.
    pub(super) fn ask_group(&mut self, task: &TaskContext<'_>, engine: &Engine) {
        self.group = Some(Group {
            is_short: group::is_short(task, engine),
            page_bytes: group::page_bytes(),
        });
    }

    pub(super) fn has_asked_group(&self) -> bool {
        self.group.is_some()
    }

    /// Whether too much waits for the task's group, or may do so as long as it wasn't asked.
    pub(super) fn is_group_short(&self) -> bool {
        match &self.group {
            Some(group) => group.is_short,
            None => group::may_be_short(),
        }
    }

    /// How many bytes the objects may take in a page that the task opens or fills.
    pub(super) fn page_bytes(&self) -> usize {
        match &self.group {
            Some(group) => group.page_bytes,
            None => group::page_bytes(),
        }
    }

    /// The caller waits for a grace period, or frees enough: once for a page.
    pub(super) fn waits(&mut self) {
        self.has_waited = true;
    }

    /// Whether the caller may have a page now.
    pub(super) fn may_have_page(&self) -> bool {
        self.has_waited || !self.is_short()
    }

    /// Whether the caller may have another page although the open one isn't full. Who would be held
    /// back fills that one; so does who might be, rather than ask the queues for each object.
    pub(super) fn may_replace(&self) -> bool {
        !self.is_short()
    }

    fn is_short(&self) -> bool {
        self.is_group_short() || self.too_much_waits()
    }

    /// Whether too much waits, of all callers.
    pub(super) fn too_much_waits(&self) -> bool {
        let parked = match self.is_parked {
            true => 0,
            false => stats::PARKED_BYTES.get(),
        };
        stats::WEIGHT.get() + parked > params::pending_bytes() as i64
    }
}
