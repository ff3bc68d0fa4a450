// SPDX-License-Identifier: GPL-2.0

//! A call that another module makes, and what follows from that.

use kernel::prelude::*;

use crate::{
    check::misuse::Misuse,
    engine::{
        published,
        Engine,
        Handle, //
    },
    object::{
        Channel,
        Given, //
    },
    platform::this_cpu::{
        Code,
        OnThisCpu,
        TaskContext, //
    }, //
};

/// A call of one of the functions that this module exports.
///
/// # Invariants
///
/// The call isn't over, so that the module is loaded and its engine published; `code` is the only
/// one of the code that runs in the call.
pub(super) struct Call {
    /// The address of the call.
    caller: usize,
    code: Code,
}

impl Call {
    /// Begins a call that was made at the address `caller`.
    ///
    /// # Safety
    ///
    /// To be used once, in a function that the module exports, and not to outlive it.
    #[inline(always)]
    pub(super) const unsafe fn begin(caller: usize) -> Self {
        Self {
            caller,
            // SAFETY: Other modules have none, and this is the only one here (contract).
            code: unsafe { Code::begin() },
        }
    }

    /// The address of the call.
    pub(super) fn caller(&self) -> usize {
        self.caller
    }

    /// The engine.
    pub(super) fn engine(&self) -> &Engine {
        // SAFETY: By the type invariant the engine is published, and is until the call is over.
        unsafe { published::get() }
    }

    /// The engine, and what tells whether the call may sleep.
    pub(super) fn parts(&mut self) -> (&Engine, &mut Code) {
        // SAFETY: By the type invariant the engine is published, and is until the call is over.
        (unsafe { published::get() }, &mut self.code)
    }

    /// A handle of the engine.
    ///
    /// # Safety
    ///
    /// It must be gone before the engine is dropped.
    pub(super) unsafe fn handle(&self) -> Handle {
        // SAFETY: An engine that is published is pinned, and outlives the handle (contract).
        unsafe { Handle::new(Pin::new_unchecked(self.engine())) }
    }

    /// The engine and the proof that the call may sleep; if it mustn't, that is reported.
    pub(super) fn sleeper(&mut self) -> Option<(&Engine, TaskContext<'_>)> {
        let caller = self.caller;
        let (engine, code) = self.parts();
        let task = code.may_block();
        if task.is_none() {
            Misuse::of_context().report(caller);
        }
        Some((engine, task?))
    }

    /// Stays on this CPU, if the call may sleep.
    #[inline(always)]
    pub(super) fn stay(self) -> Result<CallHere, Self> {
        let Self { caller, code } = self;
        match code.stay() {
            Ok(here) => Ok(CallHere { caller, here }),
            // INVARIANT: Put together again as it was.
            Err(code) => Err(Self { caller, code }),
        }
    }
}

/// A [`Call`] that stays on its CPU, which no other task has meanwhile.
///
/// # Invariants
///
/// `caller` and what `here` was made from are those of a call.
pub(super) struct CallHere {
    caller: usize,
    here: OnThisCpu<Code>,
}

impl CallHere {
    /// Stores what is given, or gives it back if that takes more than storing it.
    #[inline(always)]
    pub(super) fn push(&self, given: Given, channel: Channel) -> Result<(), Given> {
        self.here.push(given, channel)
    }

    /// The right to use this CPU's cursors.
    #[inline(always)]
    pub(super) fn here(&self) -> &OnThisCpu<Code> {
        &self.here
    }

    /// Lets the call be preempted again.
    #[inline(always)]
    pub(super) fn leave(self) -> Call {
        // INVARIANT: Put together again as it was.
        Call {
            caller: self.caller,
            code: self.here.leave(),
        }
    }
}
