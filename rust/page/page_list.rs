// SPDX-License-Identifier: GPL-2.0

//! Lists of pages, linked through the pages themselves: no list operation needs memory.

use core::ptr::NonNull;

use crate::page::bulk_page::{
    next_mut,
    Header,
    SealedPage, //
};

/// Sealed pages in the order in which they came.
///
/// # Invariants
///
/// `head` leads through the pages' links to `tail`, the last, whose link is `None`; each is a
/// [`SealedPage`] given up as a link to this list alone. Both are `None` when the list is empty.
#[derive(Default)]
#[must_use = "dropping it loses the objects in it"]
pub(crate) struct WaitingPages {
    head: Option<NonNull<Header>>,
    tail: Option<NonNull<Header>>,
}

// SAFETY: The list owns its pages, and sealed pages may go to any thread.
unsafe impl Send for WaitingPages {}

impl WaitingPages {
    /// Whether there are no pages.
    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    /// Whether there is one page.
    pub(crate) fn is_single(&self) -> bool {
        self.head.is_some() && self.head == self.tail
    }

    /// Adds a page behind all others.
    pub(crate) fn push(&mut self, page: SealedPage) {
        let link = page.into_link();
        // INVARIANT: A sealed page's link isn't in use, and is `None` here: it was when the page
        // was made, and `pop()` leaves it so.
        self.append(Self {
            head: Some(link),
            tail: Some(link),
        });
    }

    /// Moves all pages of `other` behind those of this list.
    pub(crate) fn append(&mut self, other: Self) {
        match self.tail {
            None => *self = other,
            Some(_) if other.head.is_none() => {}
            Some(tail) => {
                // SAFETY: `tail` is on this list, which we have to ourselves.
                *unsafe { next_mut(tail) } = other.head;
                unless_mutant!("append_loses_tail", self.tail = other.tail);
            }
        }
    }

    /// Takes the first page.
    pub(crate) fn pop(&mut self) -> Option<SealedPage> {
        let head = self.head?;
        // SAFETY: `head` is on this list, which we have to ourselves.
        self.head = unsafe { next_mut(head) }.take();
        if self.head.is_none() {
            self.tail = None;
        }
        // SAFETY: By the type invariants it was given up as a sealed page, and it has just left
        // the list.
        Some(unsafe { SealedPage::from_link(head) })
    }

    /// Takes the pages at the front whose grace period is over.
    pub(crate) fn take_elapsed(&mut self) -> Self {
        let mut elapsed = Self::default();
        while let Some(page) = self.take_one_elapsed() {
            elapsed.push(page);
        }
        elapsed
    }

    /// Takes the first page if its grace period is over.
    pub(crate) fn take_one_elapsed(&mut self) -> Option<SealedPage> {
        let page = self.pop()?;
        if page.elapsed() {
            return Some(page);
        }
        self.push_front(page);
        None
    }

    fn push_front(&mut self, page: SealedPage) {
        let rest = core::mem::take(self);
        self.push(page);
        self.append(rest);
    }
}
