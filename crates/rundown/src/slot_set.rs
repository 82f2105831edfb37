//! Where an object's slots lie, and what counts beside them.

use crate::outcome::Added;
use crate::words::Slot;

/// Where the slots of an object lie, and what counts holds beside them: by default nothing.
///
/// A count beside the slots has a mark of its own. What it counts belongs to the sum of the unmarked slots from
/// `go_on` to `stop`.
pub(crate) trait SlotSet<'a>: Copy {
    /// Returns how many there are: at least one.
    fn len(self) -> usize;

    /// Returns the word of slot `index`, which is below `len`.
    fn at(self, index: usize) -> &'a Slot;

    /// Returns whether one slot counts at least the holds there are. Of several only the sum does.
    #[inline]
    fn counts_all(self) -> bool {
        self.len() == 1
    }

    /// Returns whether a run-down has been swept, if something other than `outstanding` tells. A yes is never one
    /// of a round that is over; a no may come late.
    #[inline]
    fn swept(self) -> Option<bool> {
        None
    }

    /// Takes `count` holds beside the slots, if that is possible.
    #[inline]
    fn add(self, _count: usize) -> Added {
        Added::Not
    }

    /// Releases `count` holds beside the slots, if that is possible. Once it is done, the object may be gone.
    #[inline]
    fn subtract(self, _count: usize) -> Added {
        Added::Not
    }

    /// Returns the slot that a list of holders names for holds beside the slots.
    #[inline]
    fn named(self) -> usize {
        0
    }

    /// Adds up what is counted beside the slots, in units of their words: an estimate, without what is dead.
    #[inline]
    fn beside(self) -> usize {
        0
    }

    /// Called by who sweeps, between the last mark and the end of the sweep: sets the mark of what counts beside
    /// the slots, and returns what it counted, in units of their words. What holders did before they released
    /// there is visible afterwards, and nothing is added any more.
    #[inline]
    fn stop(self) -> usize {
        0
    }

    /// Called by a reset, before the next sweep can begin: makes what counts beside the slots begin anew, without
    /// holds.
    #[inline]
    fn go_on(self) {}
}

/// Words or lines, one behind the other.
impl<'a, W: AsRef<Slot>> SlotSet<'a> for &'a [W] {
    #[inline]
    fn len(self) -> usize {
        <[W]>::len(self)
    }

    #[inline]
    fn at(self, index: usize) -> &'a Slot {
        self[index].as_ref()
    }
}
