// SPDX-License-Identifier: GPL-2.0

//! What callers can get wrong.
//!
//! [`Misuse::report()`] counts each kind and warns of the first of it; it is in
//! [`crate::observe::report`].

use kernel::prelude::*;

use crate::platform::this_cpu::{
    in_atomic,
    in_nmi, //
};

/// What a caller got wrong.
#[derive(Clone, Copy)]
pub(crate) enum Misuse {
    /// A call that may sleep, made with interrupts, softirqs or preemption off, or in an interrupt.
    Atomic,
    /// A call that may sleep, made in an RCU read-side critical section.
    Reader,
    /// A call in an NMI.
    Nmi,
    /// An error code in the place of a pointer.
    ErrPtr,
    /// A user-space address.
    User,
    /// A variable of the caller's.
    Stack,
    /// A per-CPU variable, or what stands for one in all CPUs.
    PerCpu,
    /// Code or static data, of a module or the kernel.
    Static,
    /// Anything else that isn't the start of an object which the call frees.
    Foreign,
    /// An object that is queued already.
    DoubleFree,
    /// More frees than the reserve had room for.
    Reserve,
}

impl Misuse {
    /// How many kinds there are.
    pub(crate) const COUNT: usize = Self::Reserve as usize + 1;

    /// All kinds, in the order of their numbers.
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Atomic,
        Self::Reader,
        Self::Nmi,
        Self::ErrPtr,
        Self::User,
        Self::Stack,
        Self::PerCpu,
        Self::Static,
        Self::Foreign,
        Self::DoubleFree,
        Self::Reserve,
    ];

    /// What a call that may sleep has got wrong, in code that is known not to be allowed to.
    #[cold]
    pub(crate) fn of_context() -> Self {
        if in_nmi() {
            Self::Nmi
        } else if in_atomic() {
            Self::Atomic
        } else {
            Self::Reader
        }
    }

    /// What its counter is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Atomic => "misuse_atomic",
            Self::Reader => "misuse_reader",
            Self::Nmi => "misuse_nmi",
            Self::ErrPtr => "misuse_err_ptr",
            Self::User => "misuse_user",
            Self::Stack => "misuse_stack",
            Self::PerCpu => "misuse_percpu",
            Self::Static => "misuse_static",
            Self::Foreign => "misuse_foreign",
            Self::DoubleFree => "misuse_double_free",
            Self::Reserve => "misuse_reserve",
        }
    }

    /// How the log describes it.
    pub(crate) fn text(self) -> &'static CStr {
        match self {
            Self::Atomic => c"a call that may sleep in atomic context",
            Self::Reader => c"a call that may sleep inside rcu_read_lock()",
            Self::Nmi => c"a call in an NMI",
            Self::ErrPtr => c"an error code given to be freed",
            Self::User => c"a user-space pointer given to be freed",
            Self::Stack => c"a pointer to the stack given to be freed",
            Self::PerCpu => c"a per-CPU pointer given to be freed",
            Self::Static => c"a pointer to code or static data given to be freed",
            Self::Foreign => c"a pointer given to be freed that the call can't free",
            Self::DoubleFree => c"an object given to be freed that is queued already",
            Self::Reserve => c"more objects freed than the reserve has room for",
        }
    }
}
