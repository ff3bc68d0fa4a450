// SPDX-License-Identifier: GPL-2.0

//! What KCSAN, the kernel's sanitizer for data races, can't know by itself.
//!
//! It reports no two marked accesses against each other, and what only one CPU writes is written by
//! marked stores here. That there is no other writer has to be said.
//!
//! C header: [`include/linux/kcsan-checks.h`](srctree/include/linux/kcsan-checks.h)

/// Says that nobody else writes to `object` at this moment: with KCSAN a report follows if somebody
/// does, otherwise nothing.
#[inline(always)]
pub(crate) fn assert_only_writer<T>(object: &T) {
    #[cfg(CONFIG_KCSAN)]
    {
        use core::ffi::c_int;
        use kernel::bindings;

        let kind = bindings::KCSAN_ACCESS_ASSERT as c_int;
        // SAFETY: It looks at memory that the reference says is valid, and does nothing else.
        unsafe {
            bindings::__kcsan_check_access(
                core::ptr::from_ref(object).cast(),
                size_of::<T>() as _,
                kind,
            )
        };
    }
    let _ = object;
}
