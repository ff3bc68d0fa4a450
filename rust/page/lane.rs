// SPDX-License-Identifier: GPL-2.0

//! What one channel has on one CPU: the cursor, and whether calls may store through it by
//! themselves.
//!
//! With preemption off and nothing else, a call stores a pointer on its own CPU as long as its
//! address is below `units` there ([`crate::page::fast_path`]). Zero *revokes* that: calls go to
//! the slow path, and when a grace period is over, no call is in its fast path any more that has
//! seen another number, since code with preemption off is an RCU reader. From then on who has the
//! queue's lock may use the cursor from any CPU. `engine/gate.rs` sees to that order.

use core::ptr::NonNull;

use kernel::{
    cpu::CpuId,
    page::PAGE_SIZE,
    sync::atomic::{
        Atomic,
        Full, //
    }, //
};

use crate::{
    bindings,
    check::plain,
    object::{
        Channel,
        Object,
        Pointer, //
    },
    page::{
        bulk_page::{
            seal,
            EmptyPage,
            SealedPage, //
        },
        cursor::{
            Cursor,
            STRETCH, //
        }, //
    },
    platform::{
        inline_atomic::{
            load_relaxed,
            store_relaxed, //
        },
        linux::smp_mb,
        rcu::Cookie, //
    }, //
};

/// One CPU's lanes: what C has as `struct rcu_headless_lanes`, by channel.
///
/// It is the module's own static per-CPU data, so that the fast path finds it without a pointer.
#[repr(C)]
pub(crate) struct Lanes {
    pub(super) cursors: [Cursor; Channel::COUNT],
    /// Where the plain ranges begin, once there is other than zero in `units`.
    pub(super) starts: [Atomic<usize>; Channel::COUNT],
    /// Calls on the CPU store plain addresses below this by themselves.
    pub(super) units: [Atomic<usize>; Channel::COUNT],
    /// Where the first pointer of the open page is.
    firsts: [Atomic<*mut Pointer>; Channel::COUNT],
}

/// The lane of one channel of one CPU.
#[derive(Clone, Copy)]
pub(crate) struct Lane {
    channel: Channel,
    cursor: &'static Cursor,
    start: &'static Atomic<usize>,
    units: &'static Atomic<usize>,
    first: &'static Atomic<*mut Pointer>,
}

/// A moment, and where a cursor was just before.
#[derive(Clone, Copy)]
pub(crate) struct Stamp {
    cookie: Cookie,
    /// Its address: it isn't followed.
    end: usize,
}

impl Stamp {
    /// Whether a grace period has passed since.
    pub(crate) fn elapsed(&self) -> bool {
        self.cookie.elapsed()
    }
}

/// The lanes of a CPU.
pub(crate) fn lanes_of(cpu: CpuId) -> [Lane; Channel::COUNT] {
    const {
        assert!(size_of::<Lanes>() == size_of::<bindings::rcu_headless_lanes>());
    }
    // SAFETY: The CPU is possible, as a `CpuId` here is. The memory is zero at first, which are
    // lanes without a page that no call uses, and lasts as long as the module does.
    let lanes: &'static Lanes =
        unsafe { &*bindings::rcu_headless_helper_lanes_of(cpu.as_u32()).cast() };
    let Lanes {
        cursors,
        starts,
        units,
        firsts,
    } = lanes;
    [Channel::Slab, Channel::Vmalloc].map(|channel| Lane {
        channel,
        cursor: of(cursors, channel),
        start: of(starts, channel),
        units: of(units, channel),
        first: of(firsts, channel),
    })
}

/// What is the channel's of two.
#[inline(always)]
pub(super) fn of<T>([slab, vmalloc]: &[T; Channel::COUNT], channel: Channel) -> &T {
    match channel {
        Channel::Slab => slab,
        Channel::Vmalloc => vmalloc,
    }
}

impl Lane {
    /// How many pointers the open page holds, as seen from any CPU at any time. While a page is
    /// being opened or sealed it may be any number.
    pub(crate) fn pending(&self) -> usize {
        match self.cursor.get() {
            end if end.is_null() => 0,
            end => end.addr().wrapping_sub(load_relaxed(self.first).addr()) / size_of::<Pointer>(),
        }
    }

    /// Whether a page is open, as seen from any CPU at any time.
    pub(crate) fn is_open(&self) -> bool {
        !self.cursor.get().is_null()
    }

    /// Whether a stretch of the open page has just been filled, and another one is left, as seen
    /// from any CPU at any time.
    pub(crate) fn is_at_stretch_end(&self) -> bool {
        let at = self.cursor.get().addr();
        at % STRETCH == 0 && at % PAGE_SIZE != 0
    }

    /// What the objects take that were looked at in the open page, on average, at the end of a
    /// stretch: with one of `bytes`, when it was `mean` for those before. There was one to open the
    /// page, and one at the end of each stretch but this.
    pub(crate) fn mean_with(&self, mean: usize, bytes: usize) -> usize {
        let before = self
            .pending()
            .div_ceil(STRETCH / size_of::<Pointer>())
            .max(1);
        mean.saturating_mul(before).saturating_add(bytes) / (before + 1)
    }

    /// Takes a stamp: what is in the open page now was there before its moment.
    ///
    /// # Context
    ///
    /// Any context, on any CPU.
    pub(crate) fn stamp(&self) -> Stamp {
        let end = self.cursor.get().addr();
        // Its full barrier is behind the look at the cursor.
        let cookie = Cookie::now();
        Stamp { cookie, end }
    }

    /// Whether pointers have been stored in the open page since the stamp was taken of it.
    pub(crate) fn has_grown(&self, stamp: &Stamp) -> bool {
        self.cursor.get().addr() != stamp.end
    }

    /// Has calls on the CPU go to the slow path from now on. Those that are in the fast path
    /// already leave it before a grace period is over.
    ///
    /// # Context
    ///
    /// Any context, on any CPU.
    pub(crate) fn revoke(&self) {
        store_relaxed(self.units, 0);
        // The grace period, and a stamp, come behind it.
        smp_mb(Full);
    }

    /// Lets calls on the CPU store pointers by themselves, unless somebody watches.
    ///
    /// # Safety
    ///
    /// The code must run on the lane's CPU with preemption off, and nobody else may use the cursor
    /// until the lane has been revoked and a grace period has passed, or this code's like does so
    /// on the same CPU.
    pub(crate) unsafe fn admit(&self) {
        // Read by calls on this CPU alone, so that program order is all it takes.
        store_relaxed(self.start, plain::start(self.channel));
        store_relaxed(self.units, plain::units(self.channel));
        // A watcher first says so and then revokes all lanes: if it isn't seen here, that comes
        // after.
        smp_mb(Full);
        if plain::units(self.channel) == 0 {
            store_relaxed(self.units, 0);
        }
    }

    /// The pointers in the open page, if there is one.
    ///
    /// # Safety
    ///
    /// The caller must have the cursor to itself, and leave it alone while it looks at them.
    pub(crate) unsafe fn pointers<'a>(&self) -> &'a [Pointer] {
        let first = load_relaxed(self.first);
        match self.pending() {
            0 => &[],
            // SAFETY: By the cursor's invariant so many are before it in an open page, which
            // belongs to the caller for now.
            nr => unsafe { core::slice::from_raw_parts(first, nr) },
        }
    }

    /// Stores an object's pointer in the open page. If there is no room, the object comes back.
    ///
    /// # Safety
    ///
    /// The caller must have the cursor to itself, and it must be that of the object's channel.
    pub(crate) unsafe fn push(&self, object: Object) -> Result<(), Object> {
        let at = self.cursor.get_relaxed();
        if at.addr() % PAGE_SIZE == 0 {
            return Err(object);
        }
        // SAFETY: By the cursor's invariant there is a place, in a page that the caller has to
        // itself. INVARIANT: The page has one pointer more, and the cursor is in it or at its end.
        unsafe {
            at.write(object.into_raw());
            self.cursor.set(at.add(1));
        }
        Ok(())
    }

    /// Opens `page` with its first pointer, and with room for `room` of them.
    ///
    /// # Safety
    ///
    /// The caller must have the cursor to itself, the cursor must have no page and be that of the
    /// object's channel.
    pub(crate) unsafe fn open(&self, page: EmptyPage, object: Object, room: usize) {
        let first = page.open(object.channel(), room);
        store_relaxed(self.first, first.as_ptr());
        // SAFETY: There is a place at least, in a page that is the caller's to use, as is the
        // cursor. INVARIANT: The place after the one pointer in an open page.
        unsafe {
            first.write(object.into_raw());
            self.cursor.set(first.as_ptr().add(1));
        }
    }

    /// Closes the open page, full or not, if there is one. `bytes` is about what its objects take.
    ///
    /// Its objects wait for a grace period that begins after this, but for one case: none has been
    /// stored since `stamp` was taken, and that has elapsed.
    ///
    /// # Safety
    ///
    /// The caller must have the cursor to itself. A stamp must be one of this page.
    pub(crate) unsafe fn seal(&self, bytes: usize, stamp: Option<Stamp>) -> Option<SealedPage> {
        let end = NonNull::new(self.cursor.get())?;
        let first = NonNull::new(load_relaxed(self.first))?;
        let stamp = stamp.filter(|stamp| stamp.end == end.addr().get() && stamp.elapsed());
        // SAFETY: The caller has the cursor to itself. INVARIANT: Null; `end` is ours now.
        unsafe { self.cursor.set(core::ptr::null_mut()) };
        let cookie = stamp.map_or_else(Cookie::now, |stamp| stamp.cookie);
        // SAFETY: By the cursor's invariant this is the end of the pointers in an open page, at
        // least one, those of objects of its channel. Nobody can reach it any more. The cookie is
        // younger than the last of them.
        Some(unsafe { seal(first, end, bytes, cookie) })
    }
}
