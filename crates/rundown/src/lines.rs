//! The slots of a restartable object: each has a counter beside it that its processor adds to in sections.

use crate::cache_line::{CACHE_LINE, SharedLine};
use crate::outcome::Added;
use crate::rseq;
use crate::sections;
use crate::slot_set::SlotSet;
use crate::sync::{AtomicUsize, Ordering, const_unless_loom};
use crate::unlocked::{HOLD, Unlocked};
use crate::words::Slot;
use crate::words::{ONE, Outstanding};

/// What counts a processor's holds: a slot for locked instructions, and a counter for sections.
#[derive(Debug)]
pub struct Both {
    pub(crate) slot: Slot,
    pub(crate) counter: Unlocked,
}

impl Both {
    const_unless_loom! {
        /// Makes a pair without holds.
        pub(crate) const fn new(run_down: bool) -> Self {
            Self { slot: Slot::new(run_down), counter: Unlocked::new() }
        }
    }
}

// A counter's index is shifted by as much, and not multiplied.
const _: () = assert!(size_of::<SharedLine<Both>>() == CACHE_LINE);

/// The mark of all counters: 0 while sections may add to them.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Stopped(pub(crate) AtomicUsize);

impl Stopped {
    const_unless_loom! {
        /// Makes the mark of a live object, or of one that is run down from the start.
        pub(crate) const fn new(run_down: bool) -> Self {
            Self(AtomicUsize::new(run_down as usize))
        }
    }
}

/// What all processors share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) outstanding: Outstanding,
    pub(crate) stopped: Stopped,
    /// How many slots there are. Never changes, and is written down here for guards, whose reference to the
    /// object is its address alone.
    pub(crate) slot_count: usize,
}

impl Shared {
    const_unless_loom! {
        /// Makes what a live object starts with, or one that is run down from the start.
        pub(crate) const fn new(run_down: bool, slot_count: usize) -> Self {
            let (outstanding, stopped) = (Outstanding::new(run_down), Stopped::new(run_down));
            Self { outstanding, stopped, slot_count }
        }
    }
}

/// All slots and counters of an object.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a> {
    stopped: &'a Stopped,
    lines: &'a [SharedLine<Both>],
}

impl<'a> Lines<'a> {
    #[inline]
    pub(crate) fn new(stopped: &'a Stopped, lines: &'a [SharedLine<Both>]) -> Self {
        Self { stopped, lines }
    }

    /// Adds `amount`, in units of a counter, to the counter of this processor.
    #[inline]
    fn add_to_counter(self, amount: isize) -> Added {
        // By the address of all lines, as one of a single line would not reach the others.
        let first = self.lines.as_ptr().cast::<Both>();
        // SAFETY: the slots of an object are never none, and each is a `Both` alone on its line. The counters
        // lie in `UnsafeCell`s, at the same place of every line, as many as there are lines. Nobody adds to
        // them but sections: `stop` reads them, and `go_on` clears them while the mark keeps sections out.
        unsafe {
            let first = &raw const (*first).counter;
            sections::add(first, self.lines.len(), &raw const self.stopped.0, amount)
        }
    }

    /// Adds up all counters, in units of a slot. Exact while no section can add.
    fn sum(self) -> usize {
        let holds = self.lines.iter().map(|line| line.get().counter.holds()).sum::<isize>();
        (holds as usize).wrapping_mul(ONE)
    }
}

impl<'a> SlotSet<'a> for Lines<'a> {
    #[inline]
    fn len(self) -> usize {
        self.lines.len()
    }

    #[inline]
    fn at(self, index: usize) -> &'a Slot {
        &self.lines[index].get().slot
    }

    /// Not even if it is the only one: holds may be taken beside it and released on it.
    #[inline]
    fn counts_all(self) -> bool {
        false
    }

    #[inline]
    fn add(self, count: usize) -> Added {
        // At most MAX_COUNT, so this does not overflow.
        self.add_to_counter(count as isize * HOLD)
    }

    #[inline]
    fn subtract(self, count: usize) -> Added {
        match (count as isize).checked_mul(-HOLD) {
            Some(amount) => self.add_to_counter(amount),
            None => Added::Not,
        }
    }

    fn named(self) -> usize {
        // Nobody asks without a list of holders. The thread may have been moved since it added.
        if cfg!(feature = "holders") { rseq::processor().unwrap_or(0) } else { 0 }
    }

    fn beside(self) -> usize {
        // Relaxed: an estimate.
        if self.stopped.0.load(Ordering::Relaxed) == 0 { self.sum() } else { 0 }
    }

    fn stop(self) -> usize {
        // Relaxed: `restart` makes it known to every section, and to us what they have added before. Either a
        // section has added, and is in the sum; or it looks at the mark again, and adds nothing.
        self.stopped.0.store(1, Ordering::Relaxed);
        sections::restart();
        self.sum()
    }

    fn go_on(self) {
        // Nobody adds: the mark is set, and sections have been restarted since it was.
        self.lines.iter().for_each(|line| line.get().counter.clear());
        // Release, pairs with the look at the mark in a section: who adds finds the counter cleared, and what
        // the owner did before is visible to holders.
        self.stopped.0.store(0, Ordering::Release);
    }
}

#[cfg(all(test, not(rundown_loom)))]
#[path = "lines_tests.rs"]
mod tests;
