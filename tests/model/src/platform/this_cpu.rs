// SPDX-License-Identifier: GPL-2.0

//! Each thread is a CPU, or what interrupts another for as long as it takes. The lanes are one
//! CPU's, and it is up to the model which thread runs there.

use core::{
    cell::Cell,
    marker::PhantomData, //
};

use kernel::{
    bindings::kvcalloc,
    sync::rcu, //
};

use crate::page::lane::Lanes;

thread_local! {
    static LANES: Cell<*mut Lanes> = const { Cell::new(core::ptr::null_mut()) };
}

/// Makes the lanes of this execution: zero, as they are when the module has been loaded.
pub(crate) fn make_lanes() {
    LANES.set(kvcalloc(1, size_of::<Lanes>()).cast());
}

pub(crate) fn lanes() -> *mut Lanes {
    LANES.get()
}

/// A reader.
pub(crate) struct NoPreempt(PhantomData<*const ()>);

impl NoPreempt {
    pub(crate) fn new() -> Self {
        rcu::read_lock();
        Self(PhantomData)
    }
}

impl Drop for NoPreempt {
    fn drop(&mut self) {
        rcu::read_unlock();
    }
}

pub(crate) struct OnThisCpu<P> {
    _off: NoPreempt,
    _proof: PhantomData<P>,
}

impl<P> OnThisCpu<P> {
    pub(crate) fn new() -> Self {
        Self {
            _off: NoPreempt::new(),
            _proof: PhantomData,
        }
    }

    pub(crate) fn this_cpu_ptr<T>(&self, _: *mut T) -> *mut T {
        lanes().cast()
    }
}

pub(crate) struct TaskContext<'a>(PhantomData<&'a mut ()>);

impl TaskContext<'_> {
    pub(crate) const unsafe fn assume() -> Self {
        Self(PhantomData)
    }
}
