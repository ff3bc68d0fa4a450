// SPDX-License-Identifier: GPL-2.0

//! A workqueue with one worker. A delay is over at any time, so it is none here.

use core::{
    ffi::{
        c_char,
        c_int, //
    },
    ops::BitAnd, //
};
use std::{
    cell::Cell,
    collections::VecDeque, //
};

use loom::sync::{
    atomic::{
        fence,
        Ordering, //
    },
    Condvar,
    Mutex, //
};

use crate::{
    model::{
        seat_of,
        with_pool,
        Seat, //
    },
    sync::LockClassKey,
    time::Jiffies, //
};

pub type wq_flags = u32;

pub const wq_flags_WQ_UNBOUND: wq_flags = 1;
pub const wq_flags_WQ_MEM_RECLAIM: wq_flags = 2;
pub const wq_flags_WQ_HIGHPRI: wq_flags = 4;
pub const wq_misc_consts_WORK_CPU_UNBOUND: u32 = 64;
pub const work_bits_WORK_STRUCT_PENDING_BIT: u32 = 0;
pub const TIMER_IRQSAFE: u32 = 1;

const PENDING: u64 = 1 << work_bits_WORK_STRUCT_PENDING_BIT;

pub struct workqueue_struct {
    _none: u8,
}

#[derive(Clone, Copy)]
pub struct work_struct {
    pub data: atomic_long_t,
    function: Option<Function>,
}

type Function = unsafe extern "C" fn(*mut work_struct);

#[derive(Clone, Copy)]
pub struct atomic_long_t {
    pub counter: Word,
}

/// Stands for the word that the mark is in: reading it is reading this, and a look at a bit of it
/// is an atomic one.
#[derive(Clone, Copy)]
pub struct Word(Seat);

impl Word {
    fn on<R>(self, f: impl FnOnce(&loom::sync::atomic::AtomicU64) -> R) -> R {
        f(&seat_of(&Cell::new(self.0)))
    }
}

impl BitAnd<u64> for Word {
    type Output = u64;

    fn bitand(self, bits: u64) -> u64 {
        self.on(|word| word.load(Ordering::Relaxed)) & bits
    }
}

pub struct timer_list {
    _none: u8,
}

#[repr(C)]
pub struct delayed_work {
    pub work: work_struct,
    pub timer: timer_list,
}

pub unsafe fn init_work_with_key(
    work: *mut work_struct,
    function: Option<Function>,
    _on_stack: bool,
    _name: *const c_char,
    _key: *const LockClassKey,
) {
    let seat = Cell::new(Seat::default());
    seat_of(&seat);
    let counter = Word(seat.get());
    let data = atomic_long_t { counter };
    // SAFETY: It is a place for one (contract).
    unsafe { work.write(work_struct { data, function }) };
}

pub unsafe fn timer_init_key(
    _timer: *mut timer_list,
    _function: Option<unsafe extern "C" fn(*mut timer_list)>,
    _flags: u32,
    _name: *const c_char,
    _key: *const LockClassKey,
) {
}

pub unsafe extern "C" fn delayed_work_timer_fn(_: *mut timer_list) {}

pub unsafe fn alloc_workqueue_noprof(
    _format: *const c_char,
    _flags: wq_flags,
    _max_active: c_int,
    _name: *const c_char,
) -> *mut workqueue_struct {
    core::ptr::dangling_mut()
}

pub unsafe fn destroy_workqueue(_: *mut workqueue_struct) {}

/// What is on the list: work, or somebody who waits for what stood before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    Work(*mut work_struct),
    Waiter(usize),
}

#[derive(Default)]
struct List {
    entries: VecDeque<Entry>,
    running: Option<*mut work_struct>,
    waiters: usize,
    done: Vec<usize>,
    stop: bool,
}

pub(crate) struct Pool {
    list: Mutex<List>,
    change: Condvar,
}

impl Pool {
    pub(crate) fn new() -> Self {
        Self {
            list: Mutex::default(),
            change: Condvar::new(),
        }
    }

    fn append(&self, work: *mut work_struct) {
        self.list
            .lock()
            .unwrap()
            .entries
            .push_back(Entry::Work(work));
        self.change.notify_all();
    }

    /// Sets the mark; whether it was this that set it. Full, as `test_and_set_bit()` is.
    fn mark(&self, counter: Word) -> bool {
        fence(Ordering::SeqCst);
        let before = counter.on(|word| word.fetch_or(PENDING, Ordering::AcqRel));
        fence(Ordering::SeqCst);
        before & PENDING == 0
    }
}

pub unsafe fn queue_delayed_work_on(
    _cpu: c_int,
    _wq: *mut workqueue_struct,
    work: *mut delayed_work,
    _delay: Jiffies,
) -> bool {
    // SAFETY: It is initialised (contract), and doesn't change.
    let counter = unsafe { (*work).work.data.counter };
    with_pool(|pool| {
        let marked = pool.mark(counter);
        if marked {
            pool.append(work.cast());
        }
        marked
    })
}

pub unsafe fn mod_delayed_work_on(
    _cpu: c_int,
    _wq: *mut workqueue_struct,
    work: *mut delayed_work,
    _delay: Jiffies,
) -> bool {
    // SAFETY: It is initialised (contract), and doesn't change.
    let counter = unsafe { (*work).work.data.counter };
    let entry = Entry::Work(work.cast());
    with_pool(|pool| loop {
        if pool.mark(counter) {
            pool.append(work.cast());
            return false;
        }
        let mut list = pool.list.lock().unwrap();
        if let Some(at) = list.entries.iter().position(|other| *other == entry) {
            // Who waits for it is left in the old place.
            list.entries.remove(at);
            list.entries.push_back(entry);
            return true;
        }
        drop(list);
        // Marked, and not on the list yet or no longer marked.
        loom::thread::yield_now();
    })
}

pub unsafe fn flush_delayed_work(work: *mut delayed_work) -> bool {
    let work = work.cast();
    with_pool(|pool| {
        let mut list = pool.list.lock().unwrap();
        let on_list = list
            .entries
            .iter()
            .position(|other| *other == Entry::Work(work));
        let at = match on_list {
            Some(at) => at + 1,
            None if list.running == Some(work) => 0,
            None => return false,
        };
        let waiter = list.waiters;
        list.waiters += 1;
        list.entries.insert(at, Entry::Waiter(waiter));
        while !list.done.contains(&waiter) {
            list = pool.change.wait(list).unwrap();
        }
        true
    })
}

pub unsafe fn cancel_delayed_work_sync(work: *mut delayed_work) -> bool {
    let entry = Entry::Work(work.cast());
    with_pool(|pool| assert!(!pool.list.lock().unwrap().entries.contains(&entry)));
    false
}

/// What the worker does, until it is told to stop and nothing is queued.
pub fn worker() {
    with_pool(|pool| loop {
        let work = {
            let mut list = pool.list.lock().unwrap();
            list.running = None;
            loop {
                match list.entries.pop_front() {
                    Some(Entry::Work(work)) => {
                        list.running = Some(work);
                        // As set_work_pool_and_clear_pending() does, but for the store, which is
                        // one that loom knows the place of among the others.
                        fence(Ordering::Release);
                        // SAFETY: Work that is queued is initialised.
                        let counter = unsafe { (*work).data.counter };
                        counter.on(|word| word.fetch_and(!PENDING, Ordering::Relaxed));
                        fence(Ordering::SeqCst);
                        break work;
                    }
                    Some(Entry::Waiter(waiter)) => {
                        list.done.push(waiter);
                        pool.change.notify_all();
                    }
                    None if list.stop => return,
                    None => list = pool.change.wait(list).unwrap(),
                }
            }
        };
        // SAFETY: Work that is queued is initialised, and its function is for it.
        unsafe { ((*work).function.unwrap())(work) };
    });
}

/// Whether no work is queued or running.
pub fn is_idle() -> bool {
    with_pool(|pool| {
        let list = pool.list.lock().unwrap();
        list.entries.is_empty() && list.running.is_none()
    })
}

/// Has [`worker()`] return.
pub fn stop() {
    with_pool(|pool| {
        pool.list.lock().unwrap().stop = true;
        pool.change.notify_all();
    });
}
