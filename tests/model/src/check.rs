// SPDX-License-Identifier: GPL-2.0

//! Every object is one of slab, and a plain one.

pub(crate) mod plain {
    use crate::object::Channel;

    pub(crate) fn units(_: Channel) -> usize {
        usize::MAX
    }

    pub(crate) fn position(_: Channel, address: usize) -> usize {
        address
    }

    pub(crate) fn position_of(_: Channel) -> impl Fn(usize) -> usize {
        |address| address
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
