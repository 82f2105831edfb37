//! What a drain costs, by the number of slots: the price of a slot a core.

use alloc::boxed::Box;
use alloc::vec::Vec;
use rundown::{CacheAwareRundownRef, CurrentSlot, Rundown};

/// The numbers of slots that are measured.
pub const SLOTS: [usize; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/// Idle objects with the same number of slots, to be drained one after the other.
///
/// A single drain of few slots takes less time than a clock can tell, so there are more objects the
/// fewer slots they have: [`SLOTS`]' largest number in all.
pub struct Drains<C: CurrentSlot> {
    objects: Vec<Box<CacheAwareRundownRef<C>>>,
}

impl<C: CurrentSlot> Drains<C> {
    /// Makes live objects with `slots` slots each, as many as a clock wants.
    pub fn new(slots: usize) -> Self {
        Self::some((SLOTS[SLOTS.len() - 1] / slots).max(1), slots)
    }

    /// Makes `count` live objects with `slots` slots each.
    pub fn some(count: usize, slots: usize) -> Self {
        let make = |_| CacheAwareRundownRef::boxed(slots).unwrap_or_else(|error| panic!("{error}"));
        Self { objects: (0..count).map(make).collect() }
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.objects.len()
    }

    /// Starts the run-down of every object. Returns how many are run down then: all, as nobody holds them.
    pub fn drain(&self) -> usize {
        self.objects.iter().filter(|object| object.begin_run_down()).count()
    }

    /// Makes them live again, and so warm: this core has just written every slot.
    ///
    /// # Panics
    ///
    /// When one is not run down.
    pub fn revive(&self) {
        for object in &self.objects {
            object.reinitialize().unwrap_or_else(|error| panic!("{error}"));
        }
    }
}
