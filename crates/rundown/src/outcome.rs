//! What the protocol's steps find, in words rather than bits.

use crate::error::OverRelease;

/// What a release found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Released {
    /// Others hold the object still, or no drain has counted them yet.
    NotLast,
    /// This was the last hold of a run-down: wake the waiters, and touch the object no more.
    Last,
}

/// What came of a release, unless it was too much.
pub(crate) type ReleaseResult = Result<Released, OverRelease>;

/// What a waiter sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Acquires are granted: nobody runs the object down.
    Live,
    /// A sweep is under way, or a re-initialisation: how many hold the object is not known yet.
    Sweeping,
    /// The sweep has ended; this many holds are left.
    Draining(usize),
    /// Run down: no hold is left and none will be granted.
    RunDown,
}

/// Makes the error of a release that goes below zero, from a word of the protocol's units.
#[cold]
pub(crate) fn over(held: usize, released: usize) -> OverRelease {
    OverRelease { held: (held as isize).max(0) as usize / 2, released }
}
