// SPDX-License-Identifier: GPL-2.0

//! Few spares, as each takes time to model.

pub(crate) const SPARES_MAX: usize = 2;
pub(crate) const SPARES_MIN: usize = 1;

pub(crate) fn spares() -> usize {
    SPARES_MAX
}
