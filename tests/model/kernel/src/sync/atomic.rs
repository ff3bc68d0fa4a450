// SPDX-License-Identifier: GPL-2.0

//! The kernel's atomics on loom's. `Documentation/testing.rst` says how the kernel's memory model
//! differs from that of C11, by which loom goes.
//!
//! [`Atomic::new()`] is constant and zeroed memory is atomics, as in the kernel. loom's are
//! neither. So an atomic gets one of loom's when it is first used, out of those that were made
//! before there were threads. All of these begin with zero: what they hold is the difference to the
//! value that the atomic began with.

use core::cell::Cell;

use loom::sync::atomic::{
    fence,
    AtomicU64,
    Ordering, //
};

use crate::model::{
    seat_of,
    Seat, //
};

pub struct Relaxed;
pub struct Acquire;
pub struct Release;
/// `smp_mb()` on both sides: two fences.
pub struct Full;

pub trait ToLoad {
    const ORDER: Ordering;
}

pub trait ToStore {
    const ORDER: Ordering;
}

pub trait ToChange {
    const ORDER: Ordering;
    const FULL: bool = false;
}

impl ToLoad for Relaxed {
    const ORDER: Ordering = Ordering::Relaxed;
}

impl ToLoad for Acquire {
    const ORDER: Ordering = Ordering::Acquire;
}

impl ToStore for Relaxed {
    const ORDER: Ordering = Ordering::Relaxed;
}

impl ToStore for Release {
    const ORDER: Ordering = Ordering::Release;
}

impl ToChange for Relaxed {
    const ORDER: Ordering = Ordering::Relaxed;
}

impl ToChange for Acquire {
    const ORDER: Ordering = Ordering::Acquire;
}

impl ToChange for Release {
    const ORDER: Ordering = Ordering::Release;
}

impl ToChange for Full {
    const ORDER: Ordering = Ordering::AcqRel;
    const FULL: bool = true;
}

/// What an atomic can hold.
pub trait AtomicType: Copy + PartialEq {
    fn to_bits(self) -> u64;
    fn from_bits(bits: u64) -> Self;
}

impl AtomicType for u64 {
    fn to_bits(self) -> u64 {
        self
    }

    fn from_bits(bits: u64) -> Self {
        bits
    }
}

impl AtomicType for usize {
    fn to_bits(self) -> u64 {
        self as u64
    }

    fn from_bits(bits: u64) -> Self {
        bits as usize
    }
}

impl AtomicType for bool {
    fn to_bits(self) -> u64 {
        u64::from(self)
    }

    fn from_bits(bits: u64) -> Self {
        bits != 0
    }
}

impl<T> AtomicType for *mut T {
    fn to_bits(self) -> u64 {
        self.expose_provenance() as u64
    }

    fn from_bits(bits: u64) -> Self {
        core::ptr::with_exposed_provenance_mut(bits as usize)
    }
}

#[repr(C)]
pub struct Atomic<T> {
    /// What the value is when loom's is zero.
    first: T,
    seat: Cell<Seat>,
}

// SAFETY: All threads of a model are run by one of the system's, in turns, which only loom's
// operations end.
unsafe impl<T> Send for Atomic<T> {}
// SAFETY: As above.
unsafe impl<T> Sync for Atomic<T> {}

impl<T: AtomicType> Atomic<T> {
    pub const fn new(value: T) -> Self {
        Self {
            first: value,
            seat: Cell::new(Seat::NONE),
        }
    }

    fn on<R>(&self, f: impl FnOnce(&AtomicU64) -> R) -> R {
        f(&seat_of(&self.seat))
    }

    /// What loom's holds for a value.
    fn held(&self, value: T) -> u64 {
        value.to_bits().wrapping_sub(self.first.to_bits())
    }

    fn value(&self, held: u64) -> T {
        T::from_bits(held.wrapping_add(self.first.to_bits()))
    }

    pub fn load<O: ToLoad>(&self, _: O) -> T {
        self.value(self.on(|word| word.load(O::ORDER)))
    }

    pub fn store<O: ToStore>(&self, value: T, _: O) {
        self.on(|word| word.store(self.held(value), O::ORDER));
    }

    pub fn xchg<O: ToChange>(&self, value: T, _: O) -> T {
        self.value(change::<O, _>(|| {
            self.on(|word| word.swap(self.held(value), O::ORDER))
        }))
    }

    pub fn cmpxchg<O: ToChange>(&self, old: T, new: T, _: O) -> Result<T, T> {
        let (old, new) = (self.held(old), self.held(new));
        let result = change::<O, _>(|| {
            self.on(|word| word.compare_exchange(old, new, O::ORDER, Ordering::Relaxed))
        });
        result
            .map(|held| self.value(held))
            .map_err(|held| self.value(held))
    }

    pub fn fetch_add<O: ToChange>(&self, value: T, _: O) -> T {
        self.value(change::<O, _>(|| {
            self.on(|word| word.fetch_add(value.to_bits(), O::ORDER))
        }))
    }

    /// For volatile accesses, which are single ones in no order.
    pub fn as_ptr(&self) -> Volatile<'_, T> {
        Volatile(self)
    }
}

fn change<O: ToChange, R>(f: impl FnOnce() -> R) -> R {
    if O::FULL {
        fence(Ordering::SeqCst);
    }
    let result = f();
    if O::FULL {
        fence(Ordering::SeqCst);
    }
    result
}

pub struct Volatile<'a, T>(&'a Atomic<T>);

impl<T: AtomicType> Volatile<'_, T> {
    /// # Safety
    ///
    /// Nothing is required; as a pointer's is.
    pub unsafe fn read_volatile(self) -> T {
        self.0.load(Relaxed)
    }

    /// # Safety
    ///
    /// Nothing is required; as a pointer's is.
    pub unsafe fn write_volatile(self, value: T) {
        self.0.store(value, Relaxed);
    }
}
