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

/// Makes the enum of a table: each kind, what its counter is called, and how the log describes it.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $text:expr;)*) => {
        /// What a caller got wrong.
        #[derive(Clone, Copy)]
        pub(crate) enum Misuse {
            $($(#[$doc])* $kind,)*
        }

        impl Misuse {
            /// All kinds, in the order of their numbers.
            pub(crate) const ALL: [Self; Self::COUNT] = [$(Self::$kind),*];

            /// How many kinds there are.
            pub(crate) const COUNT: usize = [$(stringify!($kind)),*].len();

            /// What its counter is called.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// How the log describes it.
            pub(crate) fn text(self) -> &'static CStr {
                match self {
                    $(Self::$kind => $text,)*
                }
            }
        }
    };
}

/// On PREEMPT_RT a spinlock and softirqs that are off leave nothing but an RCU reader.
const READER: &CStr = if cfg!(CONFIG_PREEMPT_RT) {
    c"a call that may sleep inside rcu_read_lock(), spin_lock() or local_bh_disable()"
} else {
    c"a call that may sleep inside rcu_read_lock()"
};

kinds! {
    /// A call that may sleep, made with interrupts, softirqs or preemption off, or in an interrupt.
    Atomic = "misuse_atomic", c"a call that may sleep in atomic context";
    /// A call that may sleep, made in an RCU read-side critical section.
    Reader = "misuse_reader", READER;
    /// A call in an NMI.
    Nmi = "misuse_nmi", c"a call in an NMI";
    /// An error code in the place of a pointer.
    ErrPtr = "misuse_err_ptr", c"an error code given to be freed";
    /// A user-space address.
    User = "misuse_user", c"a user-space pointer given to be freed";
    /// A variable of the caller's.
    Stack = "misuse_stack", c"a pointer to the stack given to be freed";
    /// A per-CPU variable, or what stands for one in all CPUs.
    PerCpu = "misuse_percpu", c"a per-CPU pointer given to be freed";
    /// Code or static data, of a module or the kernel.
    Static = "misuse_static", c"a pointer to code or static data given to be freed";
    /// Anything else that isn't the start of an object which the call frees.
    Foreign = "misuse_foreign", c"a pointer given to be freed that the call can't free";
    /// An object that is queued already.
    DoubleFree = "misuse_double_free", c"an object given to be freed that is queued already";
    /// More frees than the reserve had room for.
    Reserve = "misuse_reserve", c"more objects freed than the reserve has room for";
}

impl Misuse {
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
}
