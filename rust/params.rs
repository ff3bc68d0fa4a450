// SPDX-License-Identifier: GPL-2.0

//! The module's parameters: at load through insmod, later in `/sys/module/rcu_headless/parameters`.
//!
//! Their names and help are in `helpers/moduleparam.c`. They are plain values that others look at
//! when they need them, since they are set before there is an engine and can be as it goes.
//!
//! C header: [`include/linux/moduleparam.h`](srctree/include/linux/moduleparam.h)

use kernel::{
    bindings::{
        kernel_param,
        scnprintf, //
    },
    error::from_result,
    ffi::{
        c_char,
        c_int, //
    },
    module_param::ModuleParam,
    page::{
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*,
    str::{
        kstrtobool_bytes,
        BStr, //
    },
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

use crate::{
    bindings,
    check::plain::Watcher,
    object::Channel,
    platform::memory, //
};

/// The values of one parameter.
struct Param {
    name: &'static CStr,
    value: Atomic<u32>,
    min: u32,
    max: u32,
}

impl Param {
    const fn number(name: &'static CStr, default: u32, min: u32, max: u32) -> Self {
        Self {
            name,
            value: Atomic::new(default),
            min,
            max,
        }
    }

    const fn switch(name: &'static CStr) -> Self {
        Self::number(name, 0, 0, 1)
    }

    fn is_switch(&self) -> bool {
        self.max == 1
    }

    fn get(&self) -> u32 {
        self.value.load(Relaxed)
    }

    /// What a text stands for; none is a switch turned on.
    fn parse(&self, text: Option<&BStr>) -> Result<u32> {
        let value = match text {
            None if self.is_switch() => 1,
            None => return Err(EINVAL),
            Some(text) if self.is_switch() => kstrtobool_bytes(text)?.into(),
            Some(text) => u32::try_from_param_arg(text)?,
        };
        if (self.min..=self.max).contains(&value) {
            Ok(value)
        } else {
            Err(EINVAL)
        }
    }
}

/// How many empty pages a CPU may keep at most.
pub(crate) const SPARES_MAX: usize = 32;

/// How many pages a CPU always has, be they empty, open or waiting: one for each channel, and one
/// more to be open while another waits. Thus without any memory, and however slowly objects come,
/// it takes a page full of pointers to run out.
pub(crate) const SPARES_MIN: usize = Channel::COUNT + 1;

static SPARES: Param = Param::number(c"spares", 4, SPARES_MIN as u32, SPARES_MAX as u32);
static DRAIN_DELAY_MS: Param = Param::number(c"drain_delay_ms", 100, 0, 10_000);
static EXPEDITED: Param = Param::switch(c"expedited");
static CHECK_DOUBLE_FREE: Param = Param::switch(c"check_double_free");
/// 0 until it is given or [`init()`] has chosen.
static PENDING_MIB: Param = Param::number(c"pending_mib", 0, 1, 1 << 24);

/// What part of memory may wait unless told otherwise, and how many MiB in any case.
const PENDING_SHARE: usize = 16;
const PENDING_MIB_LEAST: u32 = 16;

/// Chooses what depends on the machine, unless it was given at load.
pub(crate) fn init() {
    let mib = (memory::total_pages() / PENDING_SHARE) >> (20 - PAGE_SHIFT);
    // Not clamp(), which panics if the bounds are the wrong way round.
    let chosen = (mib as u32).max(PENDING_MIB_LEAST).min(PENDING_MIB.max);
    // sysfs may have come first, or the parameter is left from the command line.
    let _ = PENDING_MIB.value.cmpxchg(0, chosen, Relaxed);
}

/// How many empty pages a CPU keeps at hand.
pub(crate) fn spares() -> usize {
    SPARES.get() as usize
}

/// How long an open page may wait for more pointers before it is sealed as it is.
pub(crate) fn drain_delay_ms() -> u32 {
    DRAIN_DELAY_MS.get()
}

/// Whether callers who wait hurry RCU.
pub(crate) fn expedited() -> bool {
    EXPEDITED.get() != 0
}

/// How many bytes of objects may wait before who queues more has to wait as well.
pub(crate) fn pending_bytes() -> u64 {
    u64::from(PENDING_MIB.get()) << 20
}

/// All parameters.
static PARAMS: [&Param; 5] = [
    &SPARES,
    &DRAIN_DELAY_MS,
    &EXPEDITED,
    &CHECK_DOUBLE_FREE,
    &PENDING_MIB,
];

impl Param {
    /// Finds a parameter by the name that it has in `helpers/moduleparam.c`.
    fn by_name(name: &CStr) -> Result<&'static Self> {
        let mut params = PARAMS.iter();
        params
            .find(|param| param.name == name)
            .copied()
            .ok_or(EINVAL)
    }

    fn set(&'static self, text: Option<&CStr>) -> Result {
        // What is echoed to sysfs ends in a newline.
        let text = text.map(|text| BStr::from_bytes(text.to_bytes().trim_ascii()));
        let value = self.parse(text).map_err(|_| {
            pr_err!(
                "{}: want {} to {}, not \"{}\"\n",
                self.name,
                self.min,
                self.max,
                text.unwrap_or(BStr::from_bytes(b""))
            );
            EINVAL
        })?;
        self.value.store(value, Relaxed);
        if core::ptr::eq(self, &CHECK_DOUBLE_FREE) {
            Watcher::DoubleFree.watch(value != 0);
        }
        Ok(())
    }
}

/// Sets a parameter from text, as `insmod` or a write to sysfs gives it.
///
/// # Safety
///
/// `kp` must be one of those in `helpers/moduleparam.c`, and `text` null or NUL-terminated.
///
/// # Context
///
/// Process context; the kernel lets one in at a time.
#[no_mangle]
unsafe extern "C" fn rcu_headless_param_set(text: *const c_char, kp: *const kernel_param) -> c_int {
    // SAFETY: A parameter has a name; both are NUL-terminated (contract).
    let (name, text) = unsafe {
        let text = (!text.is_null()).then(|| CStr::from_char_ptr(text));
        (CStr::from_char_ptr((*kp).name), text)
    };
    from_result(|| Param::by_name(name)?.set(text).map(|()| 0))
}

/// Writes a parameter's value and a newline to a page, and returns how many bytes that is.
///
/// # Safety
///
/// `kp` must be one of those in `helpers/moduleparam.c`, and `page` a page to write to.
///
/// # Context
///
/// Process context.
#[no_mangle]
unsafe extern "C" fn rcu_headless_param_get(page: *mut c_char, kp: *const kernel_param) -> c_int {
    // SAFETY: A parameter has a name, which is NUL-terminated (contract).
    let name = unsafe { CStr::from_char_ptr((*kp).name) };
    from_result(|| {
        let param = Param::by_name(name)?;
        let value = param.get();
        let word = if value != 0 { c"Y\n" } else { c"N\n" };
        // SAFETY: The page is the caller's (contract), and each format agrees with its argument.
        Ok(unsafe {
            if param.is_switch() {
                scnprintf(page, PAGE_SIZE, c"%s".as_char_ptr(), word.as_char_ptr())
            } else {
                scnprintf(page, PAGE_SIZE, c"%u\n".as_char_ptr(), value)
            }
        })
    })
}

/// The types here are those of the C header: two functions fit into one array only if they agree.
const _: () = {
    let _ = [rcu_headless_param_set, bindings::rcu_headless_param_set];
    let _ = [rcu_headless_param_get, bindings::rcu_headless_param_get];
};
