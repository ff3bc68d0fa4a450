// SPDX-License-Identifier: GPL-2.0

//! The empty pages that a CPU keeps: its spares.
//!
//! Each is in a place of its own that is exchanged atomically: the CPU, a drain elsewhere that
//! brings back what it took, and the shrinker may all come at once, without a lock.

use kernel::{
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Full,
        Relaxed, //
    },
    time::{
        msecs_to_jiffies,
        Jiffies, //
    }, //
};

use crate::{
    page::bulk_page::{
        BulkPage, //
        EmptyPage,
    },
    params::{
        self,
        SPARES_MAX,
        SPARES_MIN, //
    },
    platform::jiffies, //
};

/// How long after the shrinker has been here no new pages are allocated to be kept.
const BACKOFF_MS: u32 = 5000;

/// When that is over, in jiffies; 0 when nothing is to be over.
static BACKOFF_END: Atomic<usize> = Atomic::new(0);

/// Has no pages allocated or kept for a while beyond the few that a CPU needs.
pub(crate) fn back_off() {
    let end = jiffies::after(msecs_to_jiffies(BACKOFF_MS));
    BACKOFF_END.store(end.max(1), Relaxed);
}

/// How long that goes on yet: until then there is no use in allocating more.
pub(crate) fn backoff_left() -> Jiffies {
    let end = BACKOFF_END.load(Relaxed);
    if end == 0 {
        return 0;
    }
    let left = jiffies::until(end);
    if left == 0 {
        // Forgotten, so that it doesn't come round again.
        let _ = BACKOFF_END.cmpxchg(end, 0, Relaxed);
    }
    left
}

/// How many spares a CPU is to have now.
fn wanted() -> usize {
    if backoff_left() > 0 {
        SPARES_MIN
    } else {
        params::spares()
    }
}

/// The empty pages of a CPU.
///
/// # Invariants
///
/// What is in a place is null or an [`EmptyPage`] given up as a link to this place alone.
pub(crate) struct SparePages {
    /// The memory node that pages are allocated on.
    node: i32,
    places: [Atomic<*mut BulkPage>; SPARES_MAX],
}

impl SparePages {
    /// No pages; what is allocated is on memory node `node`, if there is memory.
    pub(crate) const fn new(node: i32) -> Self {
        // INVARIANT: All are null.
        Self {
            node,
            places: [const { Atomic::new(core::ptr::null_mut()) }; SPARES_MAX],
        }
    }

    /// How many pages there are, at some moment during the call.
    pub(crate) fn len(&self) -> usize {
        self.filled().count()
    }

    /// Whether there are so many pages at least; it looks no further.
    pub(crate) fn has(&self, nr: usize) -> bool {
        self.filled().take(nr).count() == nr
    }

    fn filled(&self) -> impl Iterator<Item = &Atomic<*mut BulkPage>> {
        let filled = |place: &&Atomic<*mut BulkPage>| !place.load(Relaxed).is_null();
        self.places.iter().filter(filled)
    }

    /// Whether more pages should be got before they are needed.
    pub(crate) fn is_low(&self) -> bool {
        !self.has(wanted().div_ceil(2).max(SPARES_MIN))
    }

    /// Takes a page, if there is one.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn take(&self) -> Option<EmptyPage> {
        self.places.iter().find_map(|place| {
            if place.load(Relaxed).is_null() {
                return None;
            }
            // INVARIANT: The place is empty. Acquire: the page is as whoever left it here left it.
            let link = place.xchg(core::ptr::null_mut(), Acquire);
            // SAFETY: By the type invariant it was given up as an empty page to this place alone,
            // and nobody else can have got it from there.
            unsafe { EmptyPage::from_link(link) }
        })
    }

    /// Takes a page if there are more than a CPU always needs.
    pub(crate) fn take_surplus(&self) -> Option<EmptyPage> {
        if self.surplus() == 0 {
            return None;
        }
        let page = self.take()?;
        // Others may have taken one at the same time: better all give theirs back than none.
        if !self.has(SPARES_MIN) {
            return self.put(page);
        }
        Some(page)
    }

    /// How many pages there are beyond what a CPU always needs.
    pub(crate) fn surplus(&self) -> usize {
        self.len().saturating_sub(SPARES_MIN)
    }

    /// Keeps a page; it comes back when there are enough.
    ///
    /// # Context
    ///
    /// Any context.
    #[must_use = "a page that isn't kept is to be freed where the page allocator may be called"]
    pub(crate) fn keep(&self, page: EmptyPage) -> Option<EmptyPage> {
        if self.has(wanted()) {
            return Some(page);
        }
        self.put(page)
    }

    /// Puts a page into a free place; it comes back when there is none.
    fn put(&self, page: EmptyPage) -> Option<EmptyPage> {
        let link = page.into_link();
        for place in &self.places {
            // INVARIANT: The page is given up to this place alone. Full, so that it is there whole
            // before it can be found.
            if place.cmpxchg(core::ptr::null_mut(), link, Full).is_ok() {
                return None;
            }
        }
        // SAFETY: Just given up, to no place after all.
        unsafe { EmptyPage::from_link(link) }
    }

    /// Allocates pages until there are enough. Stops where there is no memory.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn fill(&self) -> Result {
        while !self.has(wanted()) {
            let page = EmptyPage::new_reclaim(self.node).ok_or(ENOMEM)?;
            if self.keep(page).is_some() {
                break;
            }
        }
        Ok(())
    }
}

impl Drop for SparePages {
    fn drop(&mut self) {
        while self.take().is_some() {}
    }
}
