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

/// What came of an addition to a count beside the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It has been made.
    Done,
    /// Nothing has been added: the mark was set.
    Marked,
    /// Nothing has been added, and the caller uses a slot: there is no such count, or none for this thread, or
    /// it is full, or something came in between.
    Not,
}

/// What came of a release, unless it was too much.
pub(crate) type ReleaseResult = Result<Released, OverRelease>;

/// Makes the error of a release that goes below zero, from a word of the protocol's units.
#[cold]
pub(crate) fn over(held: usize, released: usize) -> OverRelease {
    OverRelease { held: (held as isize).max(0) as usize / 2, released }
}
