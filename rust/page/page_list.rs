// SPDX-License-Identifier: GPL-2.0

//! Lists of pages, linked through the pages themselves: no list operation needs memory.

use core::ptr::NonNull;

use kernel::pr_warn_once;

use crate::page::bulk_page::SealedPage;

/// Sealed pages in the order in which they came.
///
/// # Invariants
///
/// `tail` is the place of the link behind the last page, which `head` leads to: inside that page.
/// It is `None` when the list is empty.
#[derive(Default)]
#[must_use = "dropping it loses the objects in it"]
pub(crate) struct WaitingPages {
    head: Option<SealedPage>,
    tail: Option<NonNull<Option<SealedPage>>>,
}

// SAFETY: The list owns its pages, and sealed pages may go to any thread.
unsafe impl Send for WaitingPages {}

impl WaitingPages {
    /// Whether there are no pages.
    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    /// Whether there is one page.
    pub(crate) fn is_single(&mut self) -> bool {
        self.head.as_mut().is_some_and(|page| page.next().is_none())
    }

    /// Adds a page behind all others.
    pub(crate) fn push(&mut self, mut page: SealedPage) {
        let tail = Some(NonNull::from(page.next()));
        // INVARIANT: The link is inside the page, which stays where it is, and nothing is behind
        // it: `pop()` leaves it so.
        self.append(Self {
            head: Some(page),
            tail,
        });
    }

    /// Moves all pages of `other` behind those of this list.
    pub(crate) fn append(&mut self, mut other: Self) {
        let (head, tail) = (other.head.take(), other.tail.take());
        if head.is_none() {
            return;
        }
        match self.tail {
            None => self.head = head,
            // SAFETY: By the type invariant it is inside a page of this list, which we have to
            // ourselves.
            Some(mut link) => *unsafe { link.as_mut() } = head,
        }
        // INVARIANT: The last page of `other` is now the last one here.
        self.tail = tail;
    }

    /// Takes the first page.
    pub(crate) fn pop(&mut self) -> Option<SealedPage> {
        let mut page = self.head.take()?;
        self.head = page.next().take();
        if self.head.is_none() {
            self.tail = None;
        }
        Some(page)
    }

    /// Whether there is a first page and its grace period is over.
    pub(crate) fn has_elapsed(&self) -> bool {
        self.head.as_ref().is_some_and(SealedPage::elapsed)
    }

    /// Takes the first page if its grace period is over.
    pub(crate) fn take_one_elapsed(&mut self) -> Option<SealedPage> {
        if self.has_elapsed() {
            self.pop()
        } else {
            None
        }
    }
}

impl Drop for WaitingPages {
    fn drop(&mut self) {
        // One after the other: each owns the next.
        while self.pop().is_some() {
            pr_warn_once!("pages were lost, and the objects in them\n");
        }
    }
}
