//! What a drain costs, by the number of slots.

use crate::numbers::Spread;
use alloc::boxed::Box;
use alloc::vec::Vec;
use rundown::{CacheAwareRundownRef, CurrentSlot, Rundown};

/// The numbers of slots that are measured.
pub const SLOTS: [usize; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/// How long the drain of an idle object takes whose slots are in the cache of the core that drains.
#[derive(Debug)]
pub struct DrainTime {
    /// How many slots the object has.
    pub slots: usize,
    /// How long one drain takes, over the rounds.
    pub picoseconds: Spread<u64>,
    /// How often it was measured.
    pub rounds: usize,
}

impl DrainTime {
    /// Returns the spread of measurements, each in picoseconds.
    pub fn of(slots: usize, picoseconds: &[u64]) -> Self {
        let spread = Spread::of(picoseconds.iter().copied()).unwrap_or_default();
        Self { slots, picoseconds: spread, rounds: picoseconds.len() }
    }
}

/// Idle objects with the same number of slots, to be drained one after the other.
///
/// One drain of few slots takes less time than a clock can tell. So the fewer slots the objects have, the
/// more objects there are: all together have as many slots as the largest of [`SLOTS`].
pub struct Drains<C: CurrentSlot> {
    objects: Vec<Box<CacheAwareRundownRef<C>>>,
}

impl<C: CurrentSlot> Drains<C> {
    /// Makes live objects with `slots` slots each, as many as a clock needs.
    pub fn new(slots: usize) -> Self {
        Self::some((SLOTS[SLOTS.len() - 1] / slots).max(1), slots)
    }

    /// Makes `count` live objects with `slots` slots each.
    pub fn some(count: usize, slots: usize) -> Self {
        let make = |_| CacheAwareRundownRef::boxed(slots).unwrap_or_else(|error| panic!("{error}"));
        Self { objects: (0..count).map(make).collect() }
    }

    /// Returns how many objects there are.
    pub fn count(&self) -> usize {
        self.objects.len()
    }

    /// Starts the run-down of every object. Returns how many are run down at once: all, as nobody holds
    /// them.
    pub fn drain(&self) -> usize {
        self.objects.iter().filter(|object| object.begin_run_down()).count()
    }

    /// Drains every object once, and makes it live again, so that this core has just written every slot.
    /// Returns the picoseconds of one drain by the clock `now`, or `None` if not every object was run down
    /// at once.
    pub fn time(&self, now: impl Fn() -> u64, ticks_per_second: u64) -> Option<u64> {
        let start = now();
        let run_down = self.drain();
        let ticks = now() - start;
        if run_down < self.count() {
            return None;
        }
        self.revive();
        let picoseconds = u128::from(ticks) * 1_000_000_000_000 / u128::from(ticks_per_second);
        u64::try_from(picoseconds / self.count() as u128).ok()
    }

    /// Makes the objects live again.
    ///
    /// # Panics
    ///
    /// When one is not run down.
    fn revive(&self) {
        for object in &self.objects {
            object.reinitialize().unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct OneSlot;

    impl CurrentSlot for OneSlot {
        fn current_slot() -> usize {
            0
        }
    }

    #[test]
    fn an_object_that_is_held_is_not_timed() {
        let objects = Drains::<OneSlot>::some(3, 2);
        let holder = objects.objects[1].try_acquire();
        assert_eq!(objects.time(|| 0, 1), None);
        drop(holder);
    }

    #[test]
    fn objects_that_were_timed_are_timed_again() {
        let objects = Drains::<OneSlot>::some(3, 2);
        for time in [7, 8] {
            let clock = core::cell::Cell::new(0);
            let now = || clock.replace(clock.get() + 3 * time);
            assert_eq!(objects.time(now, 1_000_000_000_000), Some(time));
            assert!(
                objects.objects.iter().all(|object| object.try_acquire().is_ok()),
                "live again"
            );
        }
    }

    #[test]
    fn the_median_of_the_rounds_counts() {
        let time = DrainTime::of(8, &[300, 100, 200]);
        assert_eq!((time.slots, time.rounds, time.picoseconds.median), (8, 3, 200));
    }
}
