// SPDX-License-Identifier: GPL-2.0

//! The files of `rust/engine/` that are modelled.

#[path = "../../../rust/engine/fifo.rs"]
pub(crate) mod fifo;

#[path = "../../../rust/engine/gate.rs"]
pub(crate) mod gate;

#[path = "../../../rust/engine/inbox.rs"]
pub(crate) mod inbox;
