//! One function that is counted, and what has to come before and after it.

use crate::call::Call;
use crate::known::Known;
use core::ptr;

/// A way through one function.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// What it is called in the table.
    pub name: &'static str,
    /// The function's symbol.
    pub symbol: &'static str,
    /// The call that is counted.
    pub(crate) counted: Call,
    /// What makes it possible.
    pub(crate) before: Option<Call>,
    /// What undoes it, so that the next time is the same.
    pub(crate) after: Option<Call>,
    /// What it returns, if it does.
    pub(crate) answer: Option<bool>,
}

impl Path {
    /// Returns an acquire that is granted, and a release that is not the last of a run-down.
    ///
    /// # Safety
    ///
    /// The functions take the object as [`Known::known`] says; the first one takes a hold, and the second one
    /// gives it back.
    pub unsafe fn pair<R: Known + ?Sized>(
        names: [&'static str; 2],
        functions: [*const (); 2],
        object: &'static R,
    ) -> [Self; 2] {
        let object = (ptr::from_ref(object).cast(), object.slots());
        // SAFETY: the caller's promise.
        unsafe { Self::pair_at(names, functions, object) }
    }

    /// As [`pair`](Self::pair), with what the functions take in their registers.
    ///
    /// # Safety
    ///
    /// The functions take this; the first one takes a hold, and the second one gives it back.
    pub(crate) unsafe fn pair_at(
        [acquire, release]: [&'static str; 2],
        functions: [*const (); 2],
        (object, slots): (*const (), usize),
    ) -> [Self; 2] {
        // SAFETY: says the caller. `round` calls them in turn, so that each release has its hold.
        let [take, give] = functions.map(|function| unsafe { Call::new(function, object, slots) });
        [
            Self {
                name: acquire,
                symbol: acquire,
                counted: take,
                before: None,
                after: Some(give),
                answer: Some(true),
            },
            Self {
                name: release,
                symbol: release,
                counted: give,
                before: Some(take),
                after: None,
                answer: None,
            },
        ]
    }

    /// Returns the path of one call that needs no other.
    pub(crate) fn alone(
        name: &'static str,
        symbol: &'static str,
        counted: Call,
        answer: bool,
    ) -> Self {
        Self { name, symbol, counted, before: None, after: None, answer: Some(answer) }
    }

    /// Goes this way once. `run` makes the call, and returns what [`Call::run`] does.
    ///
    /// # Panics
    ///
    /// When the function returns something else than it should: then it is another way.
    pub fn round(&self, run: impl FnOnce(&Call) -> usize) {
        if let Some(before) = self.before {
            before.run();
        }
        let result = run(&self.counted);
        if let Some(after) = self.after {
            after.run();
        }
        if let Some(answer) = self.answer {
            assert_eq!(result as u8, u8::from(answer), "{} returns something else", self.name);
        }
    }
}
