// SPDX-License-Identifier: GPL-2.0

//! The models.

mod alarm;
mod fifo;
mod gate;
mod litmus;
mod seqcount;
mod spares;
mod work;

/// A model.
pub(crate) struct Model {
    pub(crate) name: &'static str,
    /// What it is of.
    pub(crate) of: &'static str,
    /// How many preemptions at most there are in an execution: `None` if that isn't bounded.
    pub(crate) bound: Option<usize>,
    /// How many atomics it has at most.
    pub(crate) words: usize,
    /// One execution.
    pub(crate) run: fn(),
    /// What is looked at when there have been all.
    pub(crate) after: fn(),
}

/// All of them, those that take longest first.
pub(crate) const ALL: &[Model] = &[
    gate::GATE,
    gate::TWICE,
    gate::STRETCH,
    gate::WATCH,
    fifo::FLUSH,
    alarm::ALARM,
    work::WAIT,
    work::MARK,
    fifo::WRAP,
    fifo::FULL,
    fifo::ORDER,
    fifo::EMPTY,
    spares::KEEP,
    spares::SURPLUS,
    seqcount::PAIR,
    litmus::WEAK,
    litmus::BARRIERS,
    litmus::FULL,
    litmus::READERS,
];

/// Shares something among threads. It goes with the process: what loom's objects are in is gone
/// before.
fn share<T: 'static>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// The same for what is initialised in its place.
fn share_pinned<T: 'static>(init: impl pinned_init::PinInit<T>) -> &'static T {
    let place = Box::leak(Box::<T>::new_uninit());
    // SAFETY: It is a place for one that stays where it is.
    let Ok(()) = unsafe { init.__pinned_init(place.as_mut_ptr()) };
    // SAFETY: Just initialised.
    unsafe { place.assume_init_ref() }
}
