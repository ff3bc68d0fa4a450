// SPDX-License-Identifier: GPL-2.0

//! What only code may do with a queue that runs on the queue's own CPU: put objects in.
//!
//! With the lock and preemption off such code may use the cursors whatever the gates say.

use core::ops::{
    Deref,
    DerefMut, //
};

use crate::{
    engine::{
        queue::{
            LockedQueue,
            OwnedLane, //
        },
        state::{
            Queue,
            Refill, //
        },
        throttle::Throttle,
        Engine, //
    },
    object::{
        Channel,
        Object, //
    },
    observe::trace,
    page::{
        bulk_page::EmptyPage,
        sizes, //
    },
    platform::{
        cpu::is_isolated,
        this_cpu::{
            Lent,
            NoPreempt,
            OnThisCpu,
            TaskContext, //
        }, //
    }, //
};

/// The queue of the CPU that this code runs on, with its lock.
///
/// # Invariants
///
/// `here` is that of the queue's CPU.
pub(crate) struct HereQueue<'a> {
    queue: LockedQueue<'a>,
    _here: OnThisCpu<Lent<'a>>,
}

impl Engine {
    /// The queue of this CPU, or of one that was this one a moment ago.
    #[inline(always)]
    pub(crate) fn nearby(&self) -> &Queue {
        // SAFETY: A CPU has its queue before it runs any code, as long as that may come here: see
        // [`crate::engine::hotplug`].
        unsafe { self.queues.nearby() }
    }

    /// Puts an object into this CPU's inbox. If there is no room it comes back.
    ///
    /// # Context
    ///
    /// Any context.
    pub(crate) fn put(&self, object: Object) -> Result<(), Object> {
        let here = NoPreempt::new();
        let queue = self.nearby();
        // Before anything is in it, lest the barrier misses it.
        self.parking.insert(queue.cpu());
        queue.inbox.put(object, &here)
    }

    /// Puts an object into this CPU's inbox if that is all there is to do. Otherwise it comes back.
    ///
    /// # Context
    ///
    /// Any context.
    #[inline(always)]
    pub(crate) fn put_quickly(&self, object: Object) -> Result<(), Object> {
        let here = NoPreempt::new();
        self.nearby().inbox.put_quickly(object, &here)
    }

    /// Takes the lock of this CPU's queue, and stays on the CPU.
    ///
    /// # Context
    ///
    /// Process context. Preemption is off until the lock is released.
    pub(crate) fn lock_here<'a>(&'a self, task: &'a mut TaskContext<'_>) -> HereQueue<'a> {
        let here = OnThisCpu::new(task);
        // SAFETY: As in `nearby()`.
        let queue = unsafe { self.queues.here(&here) };
        // INVARIANT: It is that of the CPU which the code stays on.
        HereQueue {
            queue: queue.lock_with(&here),
            _here: here,
        }
    }
}

impl<'a> Deref for HereQueue<'a> {
    type Target = LockedQueue<'a>;

    fn deref(&self) -> &LockedQueue<'a> {
        &self.queue
    }
}

impl<'a> DerefMut for HereQueue<'a> {
    fn deref_mut(&mut self) -> &mut LockedQueue<'a> {
        &mut self.queue
    }
}

impl<'a> HereQueue<'a> {
    fn own(&self, channel: Channel) -> OwnedLane<'a> {
        // SAFETY: This code has the lock, and by the type invariant it runs on the queue's CPU.
        unsafe { OwnedLane::new(self.queue.queue().lane(channel)) }
    }

    /// Whether the open page of its channel has the object's pointer already.
    pub(super) fn holds(&self, object: &Object) -> bool {
        let own = self.own(object.channel());
        own.pointers().contains(&object.as_ptr())
    }

    /// Stores an object's pointer in the open page of its channel. The object comes back
    /// - if there is no room;
    /// - if the page is to be sealed, and there is an empty one that the caller may have;
    /// - at the end of a stretch, unless the page is to be `filled`, if it has outgrown the bytes
    ///   that the caller may put into one, or takes far more than was expected and the caller may
    ///   not have another.
    ///
    /// The object takes `bytes`, if that is known; a large one has the page sealed.
    pub(super) fn push(
        &mut self,
        object: Object,
        mut bytes: Option<usize>,
        throttle: &Throttle,
        filled: bool,
    ) -> Result<(), Object> {
        let channel = object.channel();
        let is_closing = self.gates[channel as usize].is_closing();
        if is_closing && self.is_replaceable() && throttle.may_replace() {
            return Err(object);
        }
        let own = self.own(channel);
        if !filled && own.lane().is_at_stretch_end() {
            bytes = bytes.or_else(|| sizes::at_once(&object));
            let Some(bytes) = bytes else {
                return Err(object);
            };
            let expected = self.expected(channel);
            let mean = own.lane().mean_with(expected, bytes);
            let nr = own.pointers().len();
            let dearer = mean / 2 > expected;
            let room = sizes::room(mean, throttle.page_bytes());
            if nr >= room || (dearer && !throttle.may_have_page()) {
                return Err(object);
            }
            self.weigh_open(channel, mean, room);
        }
        // SAFETY: The lane is owned, and that of the channel.
        unsafe { own.lane().push(object) }?;
        match bytes.filter(|&bytes| bytes >= sizes::LARGE) {
            Some(bytes) => self.seal_weighed(channel, bytes),
            None => self.admit(channel),
        }
        Ok(())
    }

    /// Opens `page` for the object's channel and stores its pointer as the first, with room for
    /// `most` bytes of such; what was open is sealed. The object takes `bytes`, as far as is known.
    pub(super) fn open(&mut self, page: EmptyPage, object: Object, bytes: usize, most: usize) {
        let channel = object.channel();
        let own = self.own(channel);
        let nr = self.queue.seal(channel, &own, None);
        if nr > 0 {
            trace::page_full(self.cpu(), channel, nr);
        }
        let room = sizes::room(bytes, most);
        self.count_together(|_| {
            // SAFETY: The lane is owned, that of the channel, and its page was just sealed.
            unsafe { own.lane().open(page, object, room) }
        });
        self.queue.queue().engine.active.insert(self.cpu());
        // A page that is full is sealed now, as nobody may come for long.
        if room == 1 {
            return self.seal_weighed(channel, bytes);
        }
        self.weigh_open(channel, bytes, room);
        self.admit(channel);
        self.seal_later(channel);
        self.rearm();
    }

    /// Seals the open page of a channel, whose last object takes `bytes`.
    fn seal_weighed(&mut self, channel: Channel, bytes: usize) {
        let own = self.own(channel);
        self.queue.seal(channel, &own, Some(bytes));
        self.rearm();
    }

    /// Seals all open pages.
    pub(super) fn seal_all(&mut self) {
        for channel in Channel::ALL {
            let own = self.own(channel);
            self.queue.seal(channel, &own, None);
        }
        self.rearm();
    }

    pub(super) fn is_isolated(&self) -> bool {
        is_isolated(self.cpu())
    }

    /// Lets calls on this CPU store pointers by themselves.
    fn admit(&mut self, channel: Channel) {
        let lane = self.queue.queue().lane(channel);
        // SAFETY: By the type invariant the code runs on the queue's CPU, with preemption off.
        unsafe { self.gates[channel as usize].admit(lane) };
    }

    /// Takes a spare, if there is one, and has more allocated if few are left.
    pub(super) fn take_spare(&self) -> Option<EmptyPage> {
        let queue = self.queue.queue();
        let page = queue.spares.take();
        if queue.spares.is_low() {
            let wq = queue.engine.refill_wq();
            match Refill::delay() {
                // The timer would be this CPU's. Who finds few pages later asks again.
                1.. if self.is_isolated() => {}
                delay => queue.refill.queue(wq, delay),
            }
        }
        page
    }
}
