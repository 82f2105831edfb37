//! Counters that a processor adds to without a lock prefix.

use crate::limits::NEAR;
use crate::sync::{AtomicUsize, Ordering, const_unless_loom};

/// The net number of holds taken on one processor, added to by [`sections`](crate::sections) only.
///
/// In units of [`HOLD`]: a count that leaves the window in which no look at the other counters is needed
/// overflows the word, which the processor notices by itself.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Unlocked(pub(crate) AtomicUsize);

/// One hold. The word then overflows at `NEAR / 4` holds, half of what [`NEAR`], of two units a hold, lets a
/// slot count without a look at the others: see the limits.
pub(crate) const HOLD: isize = 1 << (isize::BITS - NEAR.ilog2() + 1);

impl Unlocked {
    const_unless_loom! {
        /// Makes a counter without holds.
        pub(crate) const fn new() -> Self {
            Self(AtomicUsize::new(0))
        }
    }

    /// Returns the net number of holds. Exact when no section can add: the mark is set, and sections
    /// have been restarted since.
    pub(crate) fn holds(&self) -> isize {
        // Relaxed: `sections::restart` orders every addition before it.
        self.0.load(Ordering::Relaxed) as isize / HOLD
    }

    /// Forgets all holds. Only while no section can add.
    pub(crate) fn clear(&self) {
        // Relaxed: the mark is cleared afterwards, with Release.
        self.0.store(0, Ordering::Relaxed);
    }
}
