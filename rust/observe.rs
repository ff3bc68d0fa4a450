// SPDX-License-Identifier: GPL-2.0

//! What is counted, timed, traced and reported.

pub(crate) mod callers;
pub(crate) mod histogram;
pub(crate) mod latency;
pub(crate) mod report;
pub(crate) mod stats;
pub(crate) mod trace;
