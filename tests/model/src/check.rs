// SPDX-License-Identifier: GPL-2.0

//! Every object is one of slab.

pub(crate) mod address {
    use crate::object::Channel;

    pub(crate) fn channel_of(_: usize) -> Channel {
        Channel::Slab
    }
}
