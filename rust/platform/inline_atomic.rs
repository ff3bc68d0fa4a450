// SPDX-License-Identifier: GPL-2.0

//! Atomic operations of the fast paths, in line.
//!
//! Those of the kernel crate are functions in C. Here they are the instructions that these consist
//! of, with the same order; where that isn't known, or KCSAN is to see them, they are the kernel
//! crate's.

use kernel::sync::atomic::{
    Atomic,
    AtomicType, //
};

/// Reads a word, in no order, as `READ_ONCE()` does.
#[inline(always)]
pub(crate) fn load_relaxed<T: AtomicType>(word: &Atomic<T>) -> T {
    // SAFETY: The reference is valid, and an aligned volatile access of a word is a single one.
    unsafe { word.as_ptr().read_volatile() }
}

/// Writes a word, in no order, as `WRITE_ONCE()` does.
#[inline(always)]
pub(crate) fn store_relaxed<T: AtomicType>(word: &Atomic<T>, value: T) {
    // SAFETY: The reference is valid, and an aligned volatile access of a word is a single one.
    unsafe { word.as_ptr().write_volatile(value) };
}

/// Reads a word; what follows stays behind it.
#[inline(always)]
pub(crate) fn load_acquire(word: &Atomic<u64>) -> u64 {
    arch::load_acquire(word)
}

/// Reads a pointer; what follows stays behind it.
#[inline(always)]
pub(crate) fn load_ptr_acquire<T>(place: &Atomic<*mut T>) -> *mut T {
    arch::load_ptr_acquire(place)
}

/// Writes a pointer; what comes before stays before it.
#[inline(always)]
pub(crate) fn store_release<T>(place: &Atomic<*mut T>, value: *mut T) {
    arch::store_release(place, value);
}

/// Writes `new` if the word is `old`, fully ordered then. Returns whether it was.
#[inline(always)]
pub(crate) fn cmpxchg(word: &Atomic<u64>, old: u64, new: u64) -> bool {
    arch::cmpxchg(word, old, new)
}

#[cfg(all(target_arch = "x86_64", not(CONFIG_KCSAN)))]
mod arch {
    use kernel::{
        asm,
        sync::atomic::Atomic, //
    };

    use super::{
        load_relaxed,
        store_relaxed, //
    };

    // The CPU keeps loads in order, and stores behind loads and other stores; the compiler moves
    // nothing across assembly that may access memory.
    #[inline(always)]
    fn compiler_barrier() {
        // SAFETY: There is no instruction in it.
        unsafe { asm!(""; options(nostack, preserves_flags)) };
    }

    #[inline(always)]
    pub(super) fn load_acquire(word: &Atomic<u64>) -> u64 {
        let value = load_relaxed(word);
        compiler_barrier();
        value
    }

    #[inline(always)]
    pub(super) fn load_ptr_acquire<T>(place: &Atomic<*mut T>) -> *mut T {
        let value = load_relaxed(place);
        compiler_barrier();
        value
    }

    #[inline(always)]
    pub(super) fn store_release<T>(place: &Atomic<*mut T>, value: *mut T) {
        compiler_barrier();
        store_relaxed(place, value);
    }

    #[inline(always)]
    pub(super) fn cmpxchg(word: &Atomic<u64>, old: u64, new: u64) -> bool {
        // SAFETY: Changes a word that is valid and never accessed but atomically; a locked
        // instruction is a full barrier.
        unsafe {
            asm!(
                "lock cmpxchgq {new}, ({word}); jne {another}";
                word = in(reg) word.as_ptr(),
                new = in(reg) new,
                inout("rax") old => _,
                another = label { return false },
                options(nostack),
            )
        };
        true
    }
}

#[cfg(all(target_arch = "aarch64", not(CONFIG_KCSAN)))]
mod arch {
    use kernel::{
        asm,
        sync::atomic::{
            Atomic,
            Full, //
        }, //
    };

    /// Reads a word, and orders what follows behind that: `smp_load_acquire()`.
    macro_rules! ldar {
        ($place:expr) => {{
            let value;
            // SAFETY: The reference is valid, and an aligned load of a word is a single one. As it
            // isn't `nomem`, the compiler moves no access across.
            unsafe {
                asm!(
                    "ldar {value}, [{place}]";
                    value = out(reg) value,
                    place = in(reg) $place.as_ptr(),
                    options(nostack, preserves_flags),
                )
            };
            value
        }};
    }

    #[inline(always)]
    pub(super) fn load_acquire(word: &Atomic<u64>) -> u64 {
        ldar!(word)
    }

    #[inline(always)]
    pub(super) fn load_ptr_acquire<T>(place: &Atomic<*mut T>) -> *mut T {
        ldar!(place)
    }

    #[inline(always)]
    pub(super) fn store_release<T>(place: &Atomic<*mut T>, value: *mut T) {
        // SAFETY: The reference is valid, and an aligned store of a word is a single one. As it
        // isn't `nomem`, the compiler moves no access across.
        unsafe {
            asm!(
                "stlr {value}, [{place}]";
                value = in(reg) value,
                place = in(reg) place.as_ptr(),
                options(nostack, preserves_flags),
            )
        };
    }

    // Which instructions it takes depends on the machine.
    #[inline(always)]
    pub(super) fn cmpxchg(word: &Atomic<u64>, old: u64, new: u64) -> bool {
        word.cmpxchg(old, new, Full).is_ok()
    }
}

#[cfg(any(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    CONFIG_KCSAN
))]
mod arch {
    use kernel::sync::atomic::{
        Acquire,
        Atomic,
        Full,
        Release, //
    };

    #[inline(always)]
    pub(super) fn load_acquire(word: &Atomic<u64>) -> u64 {
        word.load(Acquire)
    }

    #[inline(always)]
    pub(super) fn load_ptr_acquire<T>(place: &Atomic<*mut T>) -> *mut T {
        place.load(Acquire)
    }

    #[inline(always)]
    pub(super) fn store_release<T>(place: &Atomic<*mut T>, value: *mut T) {
        place.store(value, Release);
    }

    #[inline(always)]
    pub(super) fn cmpxchg(word: &Atomic<u64>, old: u64, new: u64) -> bool {
        word.cmpxchg(old, new, Full).is_ok()
    }
}
