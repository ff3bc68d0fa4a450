// SPDX-License-Identifier: GPL-2.0

//! The atomic operations of calls in atomic context, in line.
//!
//! Those of the kernel crate are functions in C. Here they are the instructions that these consist
//! of, with the same order; where that isn't known, or KCSAN is to see them, they are the kernel
//! crate's.

use kernel::sync::atomic::Atomic;

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

    // The CPU keeps loads in order, and stores behind loads and other stores; the compiler moves
    // nothing across assembly that may access memory.
    #[inline(always)]
    fn compiler_barrier() {
        // SAFETY: It does nothing.
        unsafe { asm!(""; options(nostack, preserves_flags)) };
    }

    #[inline(always)]
    pub(super) fn load_acquire(word: &Atomic<u64>) -> u64 {
        // SAFETY: The reference is valid; an aligned volatile access is a single one.
        let value = unsafe { word.as_ptr().read_volatile() };
        compiler_barrier();
        value
    }

    #[inline(always)]
    pub(super) fn load_ptr_acquire<T>(place: &Atomic<*mut T>) -> *mut T {
        // SAFETY: As above.
        let value = unsafe { place.as_ptr().read_volatile() };
        compiler_barrier();
        value
    }

    #[inline(always)]
    pub(super) fn store_release<T>(place: &Atomic<*mut T>, value: *mut T) {
        compiler_barrier();
        // SAFETY: As above.
        unsafe { place.as_ptr().write_volatile(value) };
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

#[cfg(not(all(target_arch = "x86_64", not(CONFIG_KCSAN))))]
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
