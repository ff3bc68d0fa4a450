// SPDX-License-Identifier: GPL-2.0

//! Which places in the kernel call, how often, and what becomes of it.
//!
//! Fallbacks and misuse are counted always, since they cost a lot anyway; objects only on demand
//! ([`count_objects()`]), since for that each call has to leave its fast path. The table has room
//! for some places, found by their address, and counts for each on each CPU; all that come later
//! share what is left. When a module is unloaded, the places in it are freed, since another module
//! may be loaded at the same addresses; their counts are added up in a row of their own.

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        rcu, //
    }, //
};

use pin_init::init_zeroed;

use crate::{
    check::plain::Watcher,
    platform::{
        modules::{
            self,
            Leaving, //
        },
        percpu::PerCpu,
        rcu::synchronize_rcu,
        sched::cond_resched, //
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

/// Where the numbers are of all that have no place of their own.
const OTHERS: usize = SITES;

/// Where the numbers are of all whose code has been freed.
const GONE: usize = SITES + 1;

/// For how many there are numbers.
const ROWS: usize = SITES + 2;

/// A CPU's numbers of each place, of the others, and of those whose code has been freed.
struct Tallies([[Atomic<u64>; COLUMNS]; ROWS]);

// SAFETY: Zero is a value of each.
unsafe impl Zeroable for Tallies {}

/// Addresses of calls; 0 where there is room. An address stays until its code is freed.
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
            return OTHERS;
        }
        // A place nearer than the caller's own may have been freed since. The caller takes that as
        // well, and `rows()` adds up both.
        let mut near = (0..PROBES).map(|i| (caller % SITES + i) % SITES);
        near.find(|&at| self.is_at(at, caller)).unwrap_or(OTHERS)
    }

    /// Whether the caller's place is this one, or is now, since it was free.
    fn is_at(&self, at: usize, caller: usize) -> bool {
        let Some(site) = self.sites.0.get(at) else {
            return false;
        };
        let there = match site.load(Relaxed) {
            0 => site.cmpxchg(0, caller, Acquire).err().unwrap_or(caller),
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

    /// What has been counted in a row of the table, if anything has.
    fn row(&self, at: usize) -> Option<Row> {
        let caller = match at {
            OTHERS => Caller::Others,
            GONE => Caller::Gone,
            _ => match self.sites.0.get(at)?.load(Relaxed) {
                0 => return None,
                address => Caller::At(address),
            },
        };
        let mut numbers = [0; COLUMNS];
        for tallies in self.tallies.iter() {
            let tally = tallies.0.get(at)?;
            for (sum, number) in numbers.iter_mut().zip(tally) {
                *sum += number.load(Relaxed);
            }
        }
        (numbers != [0; COLUMNS]).then_some(Row { caller, numbers })
    }

    /// Frees a place if its code is about to be freed, so that nothing counts there any more.
    fn give_up(&self, at: usize, leaving: &Leaving) {
        let Some(site) = self.sites.0.get(at) else {
            return;
        };
        if !leaving.contains(site.load(Relaxed)) {
            return;
        }
        for tallies in self.tallies.iter() {
            if let [Some(tally), Some(gone)] = [at, GONE].map(|at| tallies.0.get(at)) {
                for (number, sum) in tally.iter().zip(gone) {
                    sum.fetch_add(number.xchg(0, Relaxed), Relaxed);
                }
            }
        }
        // The next caller in this place finds all numbers zero.
        site.store(0, Release);
    }
}

/// Whose numbers they are.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Caller {
    /// The place that has this address.
    At(usize),
    /// All that have no place of their own.
    Others,
    /// All whose code has been freed.
    Gone,
}

/// What is known of a place that calls.
pub(crate) struct Row {
    /// Which it is.
    pub(crate) caller: Caller,
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
pub(crate) struct Registration {
    _modules: modules::Registration<Self>,
}

impl Registration {
    /// Makes the table.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new() -> Result<Self> {
        let modules = modules::Registration::new()?;
        // INVARIANT: It was null, and is from a box now.
        replace(Some(Table::new()?));
        Ok(Self { _modules: modules })
    }
}

impl modules::Listener for Registration {
    fn leaving(memory: &Leaving) {
        for at in 0..SITES {
            with_table(|table| table.give_up(at, memory));
        }
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
    let mut rows: KVec<Row> = KVec::with_capacity(ROWS, GFP_KERNEL)?;
    for at in 0..ROWS {
        // An RCU reader for each, since there may be many CPUs.
        let row = with_table(|table| table.row(at)).flatten();
        cond_resched();
        let Some(row) = row else { continue };
        if let Some(same) = rows.iter_mut().find(|other| other.caller == row.caller) {
            let numbers = same.numbers.iter_mut().zip(row.numbers);
            numbers.for_each(|(sum, number)| *sum += number);
        } else {
            rows.push(row, GFP_KERNEL)?;
        }
    }
    // Not by slices' own sort, which may panic. There are few.
    let mut sorted = KVec::with_capacity(rows.len(), GFP_KERNEL)?;
    while let Some((most, _)) = rows.iter().enumerate().max_by_key(|(_, row)| row.numbers) {
        sorted.push(rows.remove(most)?, GFP_KERNEL)?;
    }
    Ok(sorted)
}
