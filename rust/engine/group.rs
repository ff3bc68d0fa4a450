// SPDX-License-Identifier: GPL-2.0

//! A task whose memory control group is short of memory, and may be so since much waits.
//!
//! What waits is charged to a group until it is freed, and reclaim in the group finds none of it.
//! Which CPUs it waits on doesn't matter: a task that moves fills an open page on each. To which
//! group an object is charged isn't known, so others may have queued what waits.

use core::num::NonZero;

use kernel::page::PAGE_SIZE;

use crate::{
    engine::{
        counts::waiting_bytes_at_most,
        state::Queue,
        Engine, //
    },
    object::Channel,
    observe::stats::{
        self,
        Counter, //
    },
    page::bulk_page::EmptyPage,
    platform::{
        memcg,
        rcu::Cookie,
        this_cpu::TaskContext, //
    }, //
};

/// What part of a group's limit may wait when half of it is used.
const SHARE: usize = 16;

/// What part of a group's limit the open pages of [`BUSY_CPUS`] may take: they are filled before
/// anybody asks.
const OPEN_SHARE: usize = 4;

/// On how many CPUs tasks of a small group fill pages at once. Of others, what is open is sealed.
const BUSY_CPUS: NonZero<usize> = NonZero::<usize>::MIN.saturating_add(15);

/// How many pages of other CPUs a task empties at most, before it waits and after.
const PAGES: usize = 16;

/// How many bytes the objects in a page may take that is opened, or filled, by the task: as many as
/// the page of pointers itself at least, or there would be more of these than of objects.
///
/// # Context
///
/// Process context, with preemption on or off.
pub(super) fn page_bytes() -> usize {
    let Some(limit) = memcg::limit() else {
        return usize::MAX;
    };
    let cpus = NonZero::new(stats::CPUS.get() as usize).unwrap_or(NonZero::<usize>::MIN);
    // One after another: the compiler sees that none is zero, and has no panic for that.
    let most = limit / OPEN_SHARE / Channel::COUNT / cpus.min(BUSY_CPUS);
    most.max(PAGE_SIZE)
}

/// Whether that is worth asking.
///
/// # Context
///
/// Process context, with preemption on or off.
pub(super) fn may_be_short() -> bool {
    memcg::short_limit().is_some()
}

/// Whether too much waits for the task's group.
///
/// Unless there is too little anyway it asks the queues, one after another: of the sum over all
/// CPUs each may keep to itself what is much to a group.
pub(super) fn is_short(task: &TaskContext<'_>, engine: &Engine) -> bool {
    let Some(limit) = memcg::short_limit() else {
        return false;
    };
    if waiting_bytes_at_most() <= (limit / SHARE) as i64 {
        return false;
    }
    let mut waiting = 0;
    engine.active().any(|queue| {
        let queue = queue.lock(task);
        waiting += Channel::ALL
            .iter()
            .map(|&channel| queue.waiting_bytes(channel))
            .sum::<i64>();
        waiting.max(0) as usize > limit / SHARE
    })
}

/// Has what is open on all CPUs sealed, so that the grace period that the task is about to wait for
/// does for all of it. Once in a grace period, for all groups: it takes the open pages from
/// everybody.
pub(super) fn seal_all(task: &TaskContext<'_>, engine: &Engine) {
    // Somebody else may be at it, and isn't waited for: what is left then, the next one seals.
    let Some(mut sealed) = engine.sealed_for_group.try_lock() else {
        return;
    };
    if sealed.as_ref().is_some_and(|at| !at.elapsed()) {
        return;
    }
    engine.active().for_each(|queue| queue.lock(task).revoke());
    // Only now: who finds it is to wait for a grace period that does for all that was open.
    *sealed = Some(Cookie::now());
}

/// Empties pages that have waited long enough, until the task's group isn't short any more: of this
/// CPU as many as wait there now, since objects of others may come before those of the group, and
/// [`PAGES`] of other CPUs.
pub(super) fn free_some(task: &TaskContext<'_>, engine: &Engine) {
    let here = engine.nearby();
    let waiting = here.stats.get(Counter::PendingPages).max(0) as usize;
    free_up_to(here, waiting, || here.empty_one(task));
    let mut left = PAGES;
    for queue in engine.active().filter(|queue| queue.cpu() != here.cpu()) {
        if left == 0 || !may_be_short() {
            return;
        }
        left -= free_up_to(queue, left, || queue.try_empty_one(task));
    }
}

/// Empties `most` pages of a queue at most, each by `one`, as long as the task's group is short.
/// Returns how many there were.
fn free_up_to(queue: &Queue, most: usize, one: impl Fn() -> Option<EmptyPage>) -> usize {
    (0..most)
        .take_while(|_| may_be_short())
        .map_while(|_| one())
        .map(|page| drop(queue.spares.keep(page)))
        .count()
}
