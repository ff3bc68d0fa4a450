// SPDX-License-Identifier: GPL-2.0

//! Which places in the kernel call, how often, and what becomes of it.
//!
//! Fallbacks and misuse are counted always, since they cost a lot anyway; objects only on demand
//! ([`count_objects()`]), since for that each call has to leave its short way. The table has room for
//! some places, found by their address, and counts for each on each CPU; all that come later share
//! what is left.

use core::cmp::Reverse;

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed, //
        },
        rcu, //
    }, //
};

use pin_init::init_zeroed;

use crate::{
    check::plain::Watcher,
    platform::{
        percpu::PerCpu,
        rcu::synchronize_rcu, //
    }, //
};

/// How many places there is room for.
const SITES: usize = 127;

/// In how many places of the table an address is looked for.
const PROBES: usize = 16;

/// How many numbers a row has.
const COLUMNS: usize = 4;

/// What they are called.
pub(crate) const NAMES: [&str; COLUMNS] = ["objects", "bytes", "fallbacks", "misuse"];

/// A CPU's numbers of each place, the last for all that have no place of their own.
struct Tallies([[Atomic<u64>; COLUMNS]; SITES + 1]);

// SAFETY: Zero is a value of each.
unsafe impl Zeroable for Tallies {}

/// Addresses of calls; 0 where there is room. What is there stays.
struct Sites([Atomic<usize>; SITES]);

// SAFETY: Zero is a value of each.
unsafe impl Zeroable for Sites {}

/// The table.
struct Table {
    sites: Sites,
    tallies: PerCpu<Tallies>,
}

impl Table {
    fn new() -> Result<KBox<Self>> {
        let init = try_init!(Self {
            sites <- init_zeroed(),
            tallies: PerCpu::zeroed()?,
        }? Error);
        KBox::init(init, GFP_KERNEL)
    }

    /// Where the numbers of a caller are. It gets a place if there is room.
    fn find(&self, caller: usize) -> usize {
        if caller == 0 {
            return SITES;
        }
        let mut near = (0..PROBES).map(|i| (caller % SITES + i) % SITES);
        near.find(|&at| self.is_at(at, caller)).unwrap_or(SITES)
    }

    /// Whether the caller's place is this one, or is now, since it was free.
    fn is_at(&self, at: usize, caller: usize) -> bool {
        let Some(site) = self.sites.0.get(at) else {
            return false;
        };
        let there = match site.load(Relaxed) {
            0 => site.cmpxchg(0, caller, Relaxed).err().unwrap_or(caller),
            there => there,
        };
        there == caller
    }

    fn add(&self, caller: usize, numbers: [u64; COLUMNS]) {
        // SAFETY: Each CPU that there can be has its tallies.
        let tallies = unsafe { self.tallies.nearby() };
        let tally = tallies.0.get(self.find(caller)).into_iter().flatten();
        // Atomic: one call interrupts another.
        for (number, n) in tally.zip(numbers).filter(|&(_, n)| n > 0) {
            number.fetch_add(n, Relaxed);
        }
    }

    fn row(&self, at: usize) -> Row {
        let mut row = Row {
            caller: self.sites.0.get(at).map_or(0, |site| site.load(Relaxed)),
            numbers: [0; COLUMNS],
        };
        for tallies in self.tallies.iter() {
            let tally = tallies.0.get(at).into_iter().flatten();
            for (sum, number) in row.numbers.iter_mut().zip(tally) {
                *sum += number.load(Relaxed);
            }
        }
        row
    }
}

/// What is known of a place that calls.
pub(crate) struct Row {
    /// Its address; 0 stands for all that have no place of their own.
    pub(crate) caller: usize,
    /// A number for each of [`NAMES`].
    pub(crate) numbers: [u64; COLUMNS],
}

/// The table, or null. Who follows it is an RCU reader.
static TABLE: Atomic<*mut Table> = Atomic::new(core::ptr::null_mut());

/// There is a table while this lives. There may be one of these.
///
/// # Invariants
///
/// What is in [`TABLE`] came from a box and belongs to this value.
pub(crate) struct Registration(());

impl Registration {
    /// Makes the table.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new() -> Result<Self> {
        // INVARIANT: It was null, and is from a box now.
        replace(Some(Table::new()?));
        Ok(Self(()))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        replace(None);
    }
}

/// Puts another table in the place of the one that there is.
fn replace(table: Option<KBox<Table>>) {
    let table = table.map_or(core::ptr::null_mut(), KBox::into_raw);
    let old = TABLE.xchg(table, Full);
    if !old.is_null() {
        synchronize_rcu();
        // SAFETY: It came from a box, and no reader has it any more.
        drop(unsafe { KBox::from_raw(old) });
    }
}

fn with_table<R>(f: impl FnOnce(&Table) -> R) -> Option<R> {
    let _reader = rcu::read_lock();
    // SAFETY: Null or valid, and is until a grace period from now.
    unsafe { TABLE.load(Acquire).as_ref() }.map(f)
}

/// Has each object counted from now on, or only what has gone wrong.
///
/// # Context
///
/// Process context.
pub(crate) fn count_objects(on: bool) {
    Watcher::Callers.watch(on);
}

/// Whether each object is counted.
pub(crate) fn counts_objects() -> bool {
    Watcher::Callers.is_watching()
}

/// Counts an object and its bytes.
///
/// # Context
///
/// Any context, as for the others.
pub(crate) fn queued(caller: usize, bytes: usize) {
    with_table(|table| table.add(caller, [1, bytes as u64, 0, 0]));
}

/// Counts a wait for lack of memory.
#[cold]
pub(crate) fn fallback(caller: usize) {
    with_table(|table| table.add(caller, [0, 0, 1, 0]));
}

/// Counts something that the caller got wrong.
#[cold]
pub(crate) fn misuse(caller: usize) {
    with_table(|table| table.add(caller, [0, 0, 0, 1]));
}

/// Forgets all that was counted.
///
/// # Errors
///
/// `ENOMEM`: nothing is forgotten.
///
/// # Context
///
/// Process context, sleeps. The [`Registration`] must live.
pub(crate) fn reset() -> Result {
    replace(Some(Table::new()?));
    Ok(())
}

/// What is known of each caller, those first that queue most.
///
/// # Context
///
/// Process context, sleeps.
pub(crate) fn rows() -> Result<KVec<Row>> {
    let mut rows = KVec::with_capacity(SITES + 1, GFP_KERNEL)?;
    with_table(|table| {
        for row in (0..=SITES).map(|at| table.row(at)) {
            // There is room for all; nothing is allocated under RCU.
            if row.numbers != [0; COLUMNS] && rows.push_within_capacity(row).is_err() {
                break;
            }
        }
    });
    rows.sort_unstable_by_key(|row| Reverse(row.numbers));
    Ok(rows)
}
