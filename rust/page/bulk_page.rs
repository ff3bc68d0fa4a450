// SPDX-License-Identifier: GPL-2.0

//! A page of pointers, in one of three states.
//!
//! | state | type | what it holds | who has it |
//! |---|---|---|---|
//! | empty | [`EmptyPage`] | nothing | a spare, or code that is about to open it |
//! | open | [`crate::page::lane::Lane`] | pointers, more to come | a channel of one CPU |
//! | sealed | [`SealedPage`] | pointers and a cookie | a CPU's list of waiting pages |
//!
//! A pointer gets into a page only while it is open, and out of it only by
//! [`SealedPage::release()`], which looks at the cookie first. The cookie is younger than every
//! pointer: [`crate::page::lane::Lane::seal()`] takes it, or finds that there has been no pointer
//! since it was taken.

use core::{
    mem::{
        offset_of,
        ManuallyDrop,
        MaybeUninit, //
    },
    ops::{
        Deref,
        DerefMut, //
    },
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
    bindings as helpers,
    check::double_free,
    object::{
        Channel,
        Pointer, //
    },
    observe::stats,
    platform::{
        rcu::Cookie,
        sched::cond_resched, //
    }, //
};

/// The start of each page of pointers.
pub(super) struct Header {
    /// The next page on the list that this page is on.
    pub(super) next: Option<SealedPage>,
    /// Valid from sealing on: when the last pointer had been added.
    cookie: Option<Cookie>,
    /// Valid from opening on: when that was.
    opened: Instant<Monotonic>,
    /// Valid from sealing on: about how much memory the objects take.
    bytes: usize,
    /// Valid from sealing on: which of the places have pointers.
    first: u16,
    nr: u16,
    channel: Channel,
}

/// How many pointers a page has room for.
pub(crate) const ROOM: usize = (PAGE_SIZE - size_of::<Header>()) / size_of::<Pointer>();

/// A page of pointers: a header, and pointers up to the page's end.
#[repr(C)]
pub(super) struct BulkPage {
    header: Header,
    pointers: [MaybeUninit<Pointer>; ROOM],
}

/// Where in a page its pointers begin.
const FIRST: usize = offset_of!(BulkPage, pointers);

/// How slab objects go back to their allocator.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// One by one, so that the next allocations find them in the cache. The allocator keeps a few
    /// hundred like that; beyond these it takes longer than in bulk.
    OneByOne,
    /// All at once, past what the allocator keeps.
    Bulk,
}

/// How many vmalloc objects are freed between two looks at whether something else needs the CPU.
const RESCHED_EVERY: usize = 16;

/// A page that this value owns.
///
/// # Invariants
///
/// A page from the page allocator that nobody else has, with a valid header at its start.
struct OwnedPage(NonNull<BulkPage>);

// SAFETY: A page is plain memory, and the objects in it may be freed on any thread.
unsafe impl Send for OwnedPage {}

impl OwnedPage {
    fn new(node: i32, gfp: gfp_t) -> Option<Self> {
        // SAFETY: The callers' contexts are those that the flags are for.
        let page = unsafe { helpers::rcu_headless_helper_alloc_page_node(node, gfp) };
        let page = NonNull::new(page.cast::<BulkPage>())?;
        // The pointers in it keep objects from being reported as leaked, and an object that should
        // be in some page and isn't is still reported.
        //
        // SAFETY: The page was just allocated, whole.
        unsafe { helpers::rcu_headless_helper_kmemleak_scan_area(page.as_ptr().cast(), PAGE_SIZE) };
        stats::PAGES.add(1);
        let header = Header {
            next: None,
            cookie: None,
            opened: Instant::now(),
            bytes: 0,
            first: 0,
            nr: 0,
            channel: Channel::Slab,
        };
        // SAFETY: The page is ours, and begins aligned and large enough for a header.
        unsafe { page.cast().write(header) };
        // INVARIANT: Fresh from the allocator, with the header just written.
        Some(Self(page))
    }

    fn into_raw(self) -> NonNull<BulkPage> {
        ManuallyDrop::new(self).0
    }
}

impl Deref for OwnedPage {
    type Target = BulkPage;

    fn deref(&self) -> &BulkPage {
        // SAFETY: By the type invariant the page is valid and nobody else writes to it; the
        // pointers behind the header may be uninitialised.
        unsafe { self.0.as_ref() }
    }
}

impl DerefMut for OwnedPage {
    fn deref_mut(&mut self) -> &mut BulkPage {
        // SAFETY: By the type invariant the page is valid and nobody else uses it.
        unsafe { self.0.as_mut() }
    }
}

impl Drop for OwnedPage {
    fn drop(&mut self) {
        let addr = self.0.as_ptr();
        stats::PAGES.add(-1);
        // SAFETY: The area was announced when the page was allocated. By the type invariant the
        // page is ours, and it isn't used again.
        unsafe {
            helpers::rcu_headless_helper_kmemleak_free(addr.cast());
            bindings::free_pages(addr.addr(), 0);
        }
    }
}

/// An owned page without pointers.
///
/// # Invariants
///
/// The header's `next` is `None`.
pub(crate) struct EmptyPage(OwnedPage);

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
        // SAFETY: It returns a constant, and has no requirement.
        let gfp = unsafe { helpers::rcu_headless_helper_gfp_nowait() };
        OwnedPage::new(bindings::NUMA_NO_NODE, gfp).map(Self)
    }

    /// Takes a page from the page allocator, which may look for one, but not desperately; if it
    /// can, on the memory node `node`.
    ///
    /// # Context
    ///
    /// Process context, sleeps. Nothing may be held that reclaim could need.
    pub(crate) fn new_reclaim(node: i32) -> Option<Self> {
        // SAFETY: It returns a constant, and has no requirement.
        OwnedPage::new(node, unsafe { helpers::rcu_headless_helper_gfp_refill() }).map(Self)
    }

    /// Opens the page: returns the place for its first pointer, which leaves room for `room` of
    /// them, at least one.
    ///
    /// The page now belongs to the code that has that place, and comes back by [`seal()`].
    pub(super) fn open(self, channel: Channel, room: usize) -> NonNull<Pointer> {
        let mut page = self.0;
        page.header.channel = channel;
        page.header.opened = Instant::now();
        let first = ROOM - room.clamp(1, ROOM);
        // SAFETY: The pointers begin inside the page, which is ours, and this is one of them.
        unsafe {
            page.into_raw()
                .byte_add(FIRST + first * size_of::<Pointer>())
        }
        .cast()
    }

    /// Gives the page up as a link for a place that keeps it.
    pub(super) fn into_link(self) -> *mut BulkPage {
        self.0.into_raw().as_ptr()
    }

    /// Takes the page back.
    ///
    /// # Safety
    ///
    /// `link` must come from [`EmptyPage::into_link()`] and be in no place any more.
    pub(super) unsafe fn from_link(link: *mut BulkPage) -> Option<Self> {
        // INVARIANT: Held when the page was given up; nobody has had it since (contract).
        NonNull::new(link).map(|page| Self(OwnedPage(page)))
    }
}

/// Closes an open page: no pointer is added to it any more.
///
/// `bytes` is about what its objects take.
///
/// # Safety
///
/// `first` must be the place that [`EmptyPage::open()`] has returned, and `end` the place after the
/// last pointer in that page, behind `first`, with nobody else to use the page from now on. All
/// pointers must be those of objects of the page's channel, which were given up to it before
/// `cookie` was taken.
pub(super) unsafe fn seal(
    first: NonNull<Pointer>,
    end: NonNull<Pointer>,
    bytes: usize,
    cookie: Cookie,
) -> SealedPage {
    let offset = first.addr().get() % PAGE_SIZE;
    // SAFETY: The place is in the page, behind its header, so this goes back to the header and
    // stays inside the page.
    let start = unsafe { first.byte_sub(offset) };
    // INVARIANT: The header was valid when the page was opened and nobody has written to it since;
    // nobody else uses the page (contract).
    let mut page = OwnedPage(start.cast());
    page.header.first = ((offset - FIRST) / size_of::<Pointer>()) as u16;
    page.header.nr = ((end.addr().get() - first.addr().get()) / size_of::<Pointer>()) as u16;
    page.header.bytes = bytes;
    page.header.cookie = Some(cookie);
    // INVARIANT: That the cookie is the younger and the objects are ours to free is the contract.
    SealedPage(page)
}

/// An owned page of pointers that wait for a grace period.
///
/// It must be given to [`SealedPage::release()`] in the end; one that is dropped loses its objects.
///
/// # Invariants
///
/// From the place `first` on, `nr` pointers are stored, those of objects of `channel` that are this
/// value's to free, and the cookie was taken after the last of them had been added.
#[must_use = "dropping it loses the objects in it"]
pub(crate) struct SealedPage(OwnedPage);

impl SealedPage {
    /// How many objects wait in the page.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.0.header.nr)
    }

    /// How the objects are going to be freed.
    pub(crate) fn channel(&self) -> Channel {
        self.0.header.channel
    }

    /// About how much memory the objects take.
    pub(crate) fn bytes(&self) -> usize {
        self.0.header.bytes
    }

    /// When the first of them was queued.
    pub(crate) fn opened(&self) -> Instant<Monotonic> {
        self.0.header.opened
    }

    /// The moment from which on the objects wait for a grace period.
    pub(crate) fn cookie(&self) -> Option<Cookie> {
        self.0.header.cookie
    }

    /// Whether the objects' grace period is over.
    pub(crate) fn elapsed(&self) -> bool {
        self.cookie().is_some_and(|cookie| cookie.elapsed())
    }

    /// The next page on the list that this page is on.
    pub(super) fn next(&mut self) -> &mut Option<SealedPage> {
        &mut self.0.header.next
    }

    /// The pointers in the page.
    fn pointers(&mut self) -> &mut [Pointer] {
        let (first, nr) = (usize::from(self.0.header.first), self.len());
        let places = self.0.pointers.get_mut(first..).unwrap_or(&mut []);
        // SAFETY: By the type invariant so many are stored from there on, in a page that is ours
        // alone.
        unsafe { core::slice::from_raw_parts_mut(places.as_mut_ptr().cast(), nr) }
    }

    /// Frees the objects, if their grace period is over; otherwise the page comes back untouched.
    ///
    /// # Context
    ///
    /// Process context, may sleep.
    pub(crate) fn release(mut self, way: Way) -> Result<EmptyPage, Self> {
        if !self.elapsed() {
            return Err(self);
        }
        let channel = self.channel();
        let pointers = self.pointers();
        if cfg!(CONFIG_DEBUG_OBJECTS_RCU_HEAD) {
            pointers.iter().copied().for_each(double_free::leave);
        }
        match (channel, way) {
            // SAFETY: By the type invariant these are objects for `kfree()` that are ours to free,
            // and no reader can have any of them: their grace period is over. No cache is named,
            // which leaves it to the allocator to find each object's; it may change their order.
            (Channel::Slab, Way::Bulk) => unsafe {
                bindings::kmem_cache_free_bulk(
                    core::ptr::null_mut(),
                    pointers.len(),
                    pointers.as_mut_ptr(),
                )
            },
            (Channel::Slab, Way::OneByOne) => {
                for &mut object in pointers {
                    // SAFETY: By the type invariant it is an object for `kfree()` that is ours to
                    // free, and its grace period is over.
                    unsafe { bindings::kfree(object) };
                }
            }
            (Channel::Vmalloc, _) => {
                for (i, &mut object) in pointers.iter_mut().enumerate() {
                    // SAFETY: By the type invariant it is an object for `kvfree()` that is ours to
                    // free, and its grace period is over.
                    unsafe { bindings::kvfree(object) };
                    if i % RESCHED_EVERY == RESCHED_EVERY - 1 {
                        cond_resched();
                    }
                }
            }
        }
        cond_resched();
        if cfg!(CONFIG_DEBUG_KMEMLEAK) {
            // The page is still searched. Who gets the same memory next may lose it.
            self.pointers().fill(core::ptr::null_mut());
        }
        // INVARIANT: `next` is `None` in a page that is on no list, as one that is owned.
        Ok(EmptyPage(self.0))
    }
}

const _: () = {
    use kernel::build_assert::static_assert;
    // The last pointer ends where the page does: a cursor is there exactly when its low bits are
    // zero.
    static_assert!(size_of::<BulkPage>() == PAGE_SIZE);
    static_assert!(ROOM <= u16::MAX as usize);
};
