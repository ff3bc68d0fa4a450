// SPDX-License-Identifier: GPL-2.0

//! A page of pointers, in one of three states.
//!
//! | state | type | what it holds | who has it |
//! |---|---|---|---|
//! | empty | [`EmptyPage`] | nothing | a spare, or in somebody's hands |
//! | open | [`crate::page::cursor::Cursor`] | pointers, more to come | a channel of one CPU |
//! | sealed | [`SealedPage`] | pointers and a cookie | a CPU's list of waiting pages |
//!
//! A pointer gets into a page only while it is open, and out of it only by
//! [`SealedPage::release()`], which looks at the cookie first. That the cookie is younger than
//! every pointer is a matter of types: sealing consumes the open page.
//!
//! The page begins with a [`Header`]; the rest is an array of pointers up to the page's end.

use core::{
    mem::ManuallyDrop,
    ptr::NonNull, //
};

use kernel::{
    bindings::{
        self,
        gfp_t, //
    },
    page::PAGE_SIZE,
    prelude::*,
    time::{
        Instant,
        Monotonic, //
    }, //
};

use crate::{
    check::double_free,
    object::{
        Channel,
        Object, //
    },
    observe::stats,
    platform::rcu::Cookie, //
};

/// The start of each page of pointers.
pub(crate) struct Header {
    /// The next page on the list that this page is on.
    next: Option<NonNull<Header>>,
    /// Valid from sealing on: when the last pointer had been added.
    cookie: Option<Cookie>,
    /// Valid from opening on: when that was.
    opened: Instant<Monotonic>,
    /// Valid from sealing on: about how much memory the objects take.
    bytes: usize,
    /// Valid from sealing on.
    nr: u32,
    channel: Channel,
}

/// Where in a page its pointers begin.
const FIRST: usize = size_of::<Header>().next_multiple_of(size_of::<Object>());

/// How slab objects go back to their allocator.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// One by one, so that they are at hand for who allocates next. The allocator keeps a few
    /// hundred like that; beyond these it takes longer than in bulk.
    OneByOne,
    /// All at once, past what is kept at hand.
    Bulk,
}

/// How many vmalloc objects are freed between two looks at whether somebody else needs the CPU.
const RESCHED_EVERY: usize = 16;

/// An owned page without pointers.
///
/// # Invariants
///
/// `page` is a page from the page allocator that nobody else has, with a valid header at its start
/// and no list using the header's `next`.
pub(crate) struct EmptyPage {
    page: NonNull<Header>,
}

// SAFETY: A page is plain memory; whichever thread owns it may use and free it.
unsafe impl Send for EmptyPage {}

impl EmptyPage {
    /// Takes a page from the page allocator if one is to be had at once.
    ///
    /// It doesn't enter reclaim: the caller may hold locks that reclaim would need, and retiring
    /// an object is no reason to go and look for memory.
    ///
    /// # Context
    ///
    /// Process context with preemption on: on PREEMPT_RT the page allocator takes sleeping locks.
    pub(crate) fn new_nowait() -> Option<Self> {
        Self::new(bindings::GFP_NOWAIT | bindings::__GFP_NOWARN)
    }

    /// Takes a page from the page allocator, which may look for one, but not desperately.
    ///
    /// # Context
    ///
    /// Process context, sleeps. Nothing may be held that reclaim could need.
    pub(crate) fn new_reclaim() -> Option<Self> {
        // SAFETY: Always sound to call.
        Self::new(unsafe { crate::bindings::rcu_headless_helper_gfp_refill() })
    }

    fn new(gfp: gfp_t) -> Option<Self> {
        // SAFETY: The callers' contexts are those that the flags are for.
        let addr = unsafe { bindings::get_free_pages_noprof(gfp, 0) };
        let page = NonNull::new(addr as *mut Header)?;
        // The pointers in it keep objects from being reported as leaked, and an object that should
        // be in some page and isn't is still reported.
        if !mutant!("no_scan_area") {
            // SAFETY: The page was just allocated, whole.
            unsafe {
                crate::bindings::rcu_headless_helper_kmemleak_scan_area(
                    page.as_ptr().cast(),
                    PAGE_SIZE,
                )
            };
        }
        stats::PAGES.add(1);
        // SAFETY: The page is ours, and begins aligned and large enough for a header.
        unsafe {
            page.write(Header {
                next: None,
                cookie: None,
                opened: Instant::now(),
                bytes: 0,
                nr: 0,
                channel: Channel::Slab,
            })
        };
        // INVARIANT: Fresh from the allocator, with the header just written.
        Some(Self { page })
    }

    /// Opens the page: returns the place for its first pointer.
    ///
    /// The page now belongs to whoever has that place, and comes back by [`seal()`].
    pub(crate) fn open(self, channel: Channel) -> NonNull<Object> {
        let mut page = ManuallyDrop::new(self).page;
        // SAFETY: By the type invariant the header is valid and ours alone.
        let header = unsafe { page.as_mut() };
        unless_mutant!("channel_mixed_up", header.channel = channel);
        header.opened = Instant::now();
        if mutant!("cookie_at_open") {
            header.cookie = Some(Cookie::now());
        }
        // SAFETY: `FIRST` is inside the page.
        unsafe { page.byte_add(FIRST) }.cast()
    }

    /// Gives the page up as a link for a list of pages.
    pub(crate) fn into_link(self) -> NonNull<Header> {
        ManuallyDrop::new(self).page
    }

    /// Takes the page back from a list.
    ///
    /// # Safety
    ///
    /// `page` must come from [`EmptyPage::into_link()`] and be on no list any more.
    pub(crate) unsafe fn from_link(page: NonNull<Header>) -> Self {
        // INVARIANT: Held when the page was given up; no list has had it since (contract).
        Self { page }
    }
}

impl Drop for EmptyPage {
    fn drop(&mut self) {
        let addr = self.page.as_ptr();
        stats::PAGES.add(-1);
        // SAFETY: The area was announced when the page was allocated.
        unsafe { crate::bindings::rcu_headless_helper_kmemleak_free(addr.cast()) };
        // SAFETY: By the type invariant the page is ours, and it isn't used again.
        unsafe { bindings::free_pages(addr as usize, 0) };
    }
}

/// The number of pointers before `end` in its page.
///
/// `end` is the place after the last pointer of an open page, possibly the page's end, and never
/// the page's start.
pub(crate) fn pointers_before(end: NonNull<Object>) -> usize {
    ((end.addr().get() - 1) % PAGE_SIZE + 1 - FIRST) / size_of::<Object>()
}

/// The pointers before `end` in its page.
///
/// # Safety
///
/// `end` must be the place after the last pointer of an open page, which nobody changes meanwhile.
pub(crate) unsafe fn pointers<'a>(end: NonNull<Object>) -> &'a [Object] {
    let nr = pointers_before(end);
    // SAFETY: There are that many before `end` (contract).
    unsafe { core::slice::from_raw_parts(end.sub(nr).as_ptr(), nr) }
}

/// Closes an open page: no pointer is added to it any more, and its cookie is taken.
///
/// `bytes` is about what its objects take.
///
/// # Safety
///
/// `end` must be the place after the last pointer of a page that [`EmptyPage::open()`] opened, with
/// at least one pointer in it and nobody else to use the page from now on. All pointers must have
/// been handed over to be freed.
pub(crate) unsafe fn seal(end: NonNull<Object>, bytes: usize) -> SealedPage {
    // SAFETY: There is at least one pointer before `end` in the page, behind its header, so this
    // goes back to the header and stays inside the page.
    let mut page: NonNull<Header> =
        unsafe { end.byte_sub((end.addr().get() - 1) % PAGE_SIZE + 1) }.cast();
    // SAFETY: The header was valid when the page was opened and nobody has written to it since.
    let header = unsafe { page.as_mut() };
    header.nr = pointers_before(end) as u32 - u32::from(mutant!("seal_loses_last"));
    header.bytes = bytes;
    unless_mutant!("cookie_at_open", header.cookie = Some(Cookie::now()));
    // INVARIANT: The cookie was just taken, after all pointers were stored; the rest is the
    // contract.
    SealedPage { page }
}

/// An owned page of pointers that wait for a grace period.
///
/// It must be given to [`SealedPage::release()`] in the end; one that is dropped loses its objects.
///
/// # Invariants
///
/// `page` is a page that nobody else has, with a valid header at its start, `nr` pointers behind
/// the header that are ours to free in the way of `channel`, and a cookie that was taken after the
/// last of them had been added. No list uses the header's `next`.
#[must_use = "dropping it loses the objects in it"]
pub(crate) struct SealedPage {
    page: NonNull<Header>,
}

// SAFETY: The objects may be freed on any thread, and the page is plain memory.
unsafe impl Send for SealedPage {}

impl SealedPage {
    fn header(&self) -> &Header {
        // SAFETY: By the type invariants the header is valid and nobody else writes to it.
        unsafe { self.page.as_ref() }
    }

    /// How many objects wait in the page.
    pub(crate) fn len(&self) -> usize {
        self.header().nr as usize
    }

    /// How the objects are going to be freed.
    pub(crate) fn channel(&self) -> Channel {
        self.header().channel
    }

    /// About how much memory the objects take.
    pub(crate) fn bytes(&self) -> usize {
        self.header().bytes
    }

    /// When the first of them was queued.
    pub(crate) fn opened(&self) -> Instant<Monotonic> {
        self.header().opened
    }

    /// Whether the objects' grace period is over.
    pub(crate) fn elapsed(&self) -> bool {
        mutant!("free_without_waiting") || self.header().cookie.is_some_and(|c| c.elapsed())
    }

    /// Frees the objects, if their grace period is over; otherwise the page comes back untouched.
    ///
    /// # Context
    ///
    /// Process context, may sleep.
    pub(crate) fn release(self, way: Way) -> Result<EmptyPage, Self> {
        if !self.elapsed() {
            return Err(self);
        }
        let _off = mutant!("free_irqs_off").then(kernel::interrupt::local_interrupt_disable);
        let (nr, channel) = (self.len(), self.channel());
        // SAFETY: `FIRST` is inside the page.
        let objects: NonNull<Object> = unsafe { self.page.byte_add(FIRST) }.cast();
        if cfg!(CONFIG_DEBUG_OBJECTS_RCU_HEAD) && !mutant!("left_in_account") {
            // SAFETY: By the type invariants there are `nr` pointers.
            let objects = unsafe { core::slice::from_raw_parts(objects.as_ptr(), nr) };
            objects.iter().copied().for_each(double_free::leave);
        }
        match (channel, way) {
            // SAFETY: By the type invariants there are `nr` pointers to free, all for `kfree()`,
            // and no reader can have any of them: their grace period is over. No cache is named,
            // which leaves it to the allocator to find each object's.
            (Channel::Slab, Way::Bulk) => unsafe {
                bindings::kmem_cache_free_bulk(core::ptr::null_mut(), nr, objects.as_ptr())
            },
            (Channel::Slab, Way::OneByOne) => {
                for i in 0..nr {
                    // SAFETY: `i` is below the number of pointers in the page; as above.
                    unsafe { bindings::kfree(objects.add(i).read()) };
                }
            }
            (Channel::Vmalloc, _) => {
                for i in 0..nr {
                    // SAFETY: `i` is below the number of pointers in the page.
                    let object = unsafe { objects.add(i).read() };
                    // SAFETY: As for the other channel; `kvfree()` knows a vmalloc object when it
                    // sees one.
                    unsafe { bindings::kvfree(object) };
                    if i % RESCHED_EVERY == RESCHED_EVERY - 1 {
                        cond_resched();
                    }
                }
            }
        }
        cond_resched();
        // INVARIANT: The page was ours alone and on no list, with a valid header, and its pointers
        // are gone.
        Ok(EmptyPage { page: self.page })
    }

    /// Gives the page up as a link for a list of pages.
    pub(crate) fn into_link(self) -> NonNull<Header> {
        self.page
    }

    /// Takes the page back from a list.
    ///
    /// # Safety
    ///
    /// `page` must come from [`SealedPage::into_link()`] and be on no list any more.
    pub(crate) unsafe fn from_link(page: NonNull<Header>) -> Self {
        // INVARIANT: Held when the page was given up; no list has had it since (contract).
        Self { page }
    }
}

/// Lets somebody else run who needs the CPU.
fn cond_resched() {
    // SAFETY: Sound wherever sleeping is allowed, as it is for the callers of `release()`.
    unsafe { crate::bindings::rcu_headless_helper_cond_resched() };
}

/// Accesses the link to the next page of a list.
///
/// # Safety
///
/// `page` must be on a list that the caller has to itself.
pub(crate) unsafe fn next_mut<'a>(mut page: NonNull<Header>) -> &'a mut Option<NonNull<Header>> {
    // SAFETY: A page on a list has a valid header, which belongs to the list and so (contract) to
    // the caller.
    &mut unsafe { page.as_mut() }.next
}

const _: () = {
    use kernel::build_assert::static_assert;
    // The last pointer ends where the page does: a cursor is there exactly when its low bits are
    // zero.
    static_assert!((PAGE_SIZE - FIRST) % size_of::<Object>() == 0);
    // `Cursor::open()` stores one pointer without looking.
    static_assert!(PAGE_SIZE - FIRST >= 2 * size_of::<Object>());
};
