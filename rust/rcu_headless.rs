// SPDX-License-Identifier: GPL-2.0

//! Frees kmalloc and vmalloc objects after an RCU grace period, given only their address.
//!
//! C header: `include/linux/rcu_headless.h`. How a pointer travels through these files is told in
//! `Documentation/design.rst`.

use kernel::prelude::*;

mod api;
mod bindings;
mod check;
mod debugfs;
mod engine;
mod object;
mod observe;
mod page;
mod params;
mod platform;

use check::plain;
use engine::{
    barrier,
    hotplug,
    published,
    shrinker, //
};
use observe::callers;

module! {
    type: RcuHeadless,
    name: "rcu_headless",
    authors: ["The rcu_headless developers"],
    description: "Free objects without an rcu_head after an RCU grace period",
    license: "GPL",
}

/// The loaded module.
///
/// The order of the fields is the order of shutdown: nobody looks in or adds to the engine any
/// more when it goes, and all that waited has been freed while new CPUs still got their queues.
struct RcuHeadless {
    _debugfs: debugfs::Files,
    _shrinker: shrinker::Registration,
    _barrier: barrier::AtExit,
    _hotplug: hotplug::Registration,
    _published: published::Published,
    _engine: Pin<KBox<engine::Engine>>,
    _callers: callers::Registration,
}

impl kernel::Module for RcuHeadless {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        plain::init()?;
        params::init();
        let callers = callers::Registration::new()?;
        let engine = KBox::pin_init(engine::Engine::new(), GFP_KERNEL)?;
        // SAFETY: `engine` is pinned on the heap and moves, unopened, into the last field of the
        // module, or is dropped last of the locals here. All that is given a copy of `handle` is
        // dropped before it: the fields above it, and the queues, which are inside it.
        let handle = unsafe { engine::Handle::new(engine.as_ref()) };
        let published = published::Published::new(handle);
        let hotplug = hotplug::Registration::new()?;
        let barrier = barrier::AtExit::new(handle);
        engine.fill_spares()?;
        let shrinker = shrinker::Registration::new(handle)?;
        // Last: a module that fails to load is freed even if somebody has a file open.
        let debugfs = debugfs::Files::new::<Self>(handle)?;

        Ok(Self {
            _debugfs: debugfs,
            _shrinker: shrinker,
            _barrier: barrier,
            _hotplug: hotplug,
            _published: published,
            _engine: engine,
            _callers: callers,
        })
    }
}
