// SPDX-License-Identifier: GPL-2.0

//! Linux 7.3 and newer.

pub(crate) use kernel::{
    bindings::rcu_gp_seq,
    module::this_module,
    sync::{
        barrier::{
            smp_mb,
            Read,
            Write, //
        },
        rcu::{
            rcu_barrier,
            synchronize_rcu, //
        }, //
    }, //
};

pub(crate) use pin_init::raw_init;
