// SPDX-License-Identifier: GPL-2.0

//! What stands in for the kernel crate, on loom: only what the modelled files use.

pub mod bindings;
pub mod model;
pub mod sync;
pub mod types;

pub mod prelude {
    pub use core::{
        ffi::CStr,
        pin::Pin, //
    };

    pub use pinned_init::{
        pin_data,
        pin_init,
        pinned_drop,
        PinInit, //
    };

    pub use crate::error::{
        code::*,
        CStrExt,
        Error,
        Result, //
    };
}

pub mod error {
    //! Errors and strings.

    use core::ffi::{
        c_char,
        CStr, //
    };

    #[derive(Debug)]
    pub struct Error(pub i32);

    pub type Result<T = (), E = Error> = core::result::Result<T, E>;

    impl From<crate::alloc::AllocError> for Error {
        fn from(_: crate::alloc::AllocError) -> Self {
            code::ENOMEM
        }
    }

    pub mod code {
        //! Those that are used.

        use super::Error;

        pub const EINVAL: Error = Error(-22);
        pub const ENOMEM: Error = Error(-12);
    }

    pub trait CStrExt {
        fn as_char_ptr(&self) -> *const c_char;
    }

    impl CStrExt for CStr {
        fn as_char_ptr(&self) -> *const c_char {
            self.as_ptr()
        }
    }
}

pub mod alloc {
    pub struct AllocError;
}

pub mod ffi {
    pub use core::ffi::*;
}

pub mod cpu {
    #[derive(Clone, Copy)]
    pub struct CpuId(pub u32);

    impl CpuId {
        pub fn current() -> Self {
            Self(0)
        }

        pub fn as_u32(self) -> u32 {
            self.0
        }
    }
}

pub mod page {
    pub const PAGE_SIZE: usize = 4096;
}

pub mod time {
    pub type Jiffies = usize;

    pub fn msecs_to_jiffies(msecs: u32) -> Jiffies {
        msecs as Jiffies
    }
}

pub mod processor {
    /// Lets the other threads get on, as what is waited for is up to them.
    pub fn cpu_relax() {
        loom::thread::yield_now();
    }
}

#[macro_export]
macro_rules! container_of {
    ($field:expr, $container:ty, $($name:tt)*) => {
        ($field)
            .cast::<u8>()
            .sub(::core::mem::offset_of!($container, $($name)*))
            .cast::<$container>()
    };
}

#[macro_export]
macro_rules! static_lock_class {
    () => {
        ::core::pin::Pin::static_ref(&$crate::sync::LockClassKey)
    };
}
