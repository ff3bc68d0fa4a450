// SPDX-License-Identifier: GPL-2.0

//! Every object is one of slab, and a plain one unless somebody watches.

pub(crate) mod plain {
    use core::cell::Cell;

    use kernel::sync::atomic::{
        Atomic,
        Relaxed, //
    };

    use crate::object::Channel;

    thread_local! {
        static UNITS: Cell<Option<&'static Atomic<usize>>> = const { Cell::new(None) };
    }

    /// Has [`units()`] look there in this execution: loom's threads are one of the host's.
    pub(crate) fn look_at(units: &'static Atomic<usize>) {
        UNITS.set(Some(units));
    }

    pub(crate) fn units(_: Channel) -> usize {
        UNITS.get().map_or(usize::MAX, |units| units.load(Relaxed))
    }

    pub(crate) fn start(_: Channel) -> usize {
        0
    }

    pub(crate) fn position(_: Channel, offset: usize) -> usize {
        offset
    }

    pub(crate) fn may_be_on_stack(_: Channel, _: usize) -> bool {
        false
    }
}

pub(crate) mod address {
    use crate::object::Channel;

    pub(crate) fn channel_of(_: usize) -> Channel {
        Channel::Slab
    }
}
