//! What is measured: the ladder, and what programs with `std` reach for instead.

use ladder::{Rung, Words};
use rundown::CurrentSlot;
use std::cell::Cell;
use std::hint::black_box;
use std::sync::{Arc, RwLock};

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(0) };
}

/// The slot of a thread is the number that it was given, one load away as with `rundown::ThreadSlot`.
#[derive(Debug)]
pub struct ThisThread;

impl ThisThread {
    /// Gives the calling thread its number.
    pub fn is(number: usize) {
        NUMBER.set(number);
    }
}

impl CurrentSlot for ThisThread {
    #[inline]
    fn current_slot() -> usize {
        NUMBER.get()
    }
}

/// Every candidate, for so many threads.
pub fn all(threads: usize) -> Vec<Box<dyn Rung>> {
    let mut all = ladder::all::<ThisThread, spin::Spin>(threads);
    all.push(Box::new(StdRwLock::default()));
    all.push(Box::new(Shares::default()));
    all
}

/// `std::sync::RwLock`, held for reading: one word that all readers write, by compare-and-swap.
#[derive(Debug, Default)]
#[repr(align(128))]
struct StdRwLock(RwLock<()>);

impl Rung for StdRwLock {
    fn name(&self) -> &'static str {
        "std_rw_lock"
    }

    fn pairs(&self, _core: usize, count: u64) {
        for _ in 0..count {
            let held = self.0.read();
            ladder::hold();
            drop(held);
            ladder::hold();
        }
    }

    fn settle(&self) -> i64 {
        i64::from(self.0.try_write().is_err())
    }

    fn words(&self) -> Words {
        Words::of(&self.0)
    }
}

/// `std::sync::Arc`, cloned and dropped: one word, an add and a subtract. It cannot refuse.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shares(Arc<Alone>);

/// So that the count of the `Arc`, which lies before what it holds, is alone on its line.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Alone;

impl Rung for Shares {
    fn name(&self) -> &'static str {
        "arc"
    }

    fn pairs(&self, _core: usize, count: u64) {
        for _ in 0..count {
            let share = black_box(Arc::clone(&self.0));
            ladder::hold();
            drop(share);
            ladder::hold();
        }
    }

    fn settle(&self) -> i64 {
        Arc::strong_count(&self.0) as i64 - 1
    }

    fn words(&self) -> Words {
        Words::of(&*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_candidate_counts_right_alone() {
        let all = all(2);
        assert_eq!(all.len(), ladder::NAMES.len() + 2);
        for rung in all {
            rung.pairs(1, 1000);
            assert_eq!(rung.settle(), 0, "{}", rung.name());
        }
    }

    #[test]
    fn what_is_left_is_noticed() {
        let shares = Shares::default();
        let kept = Arc::clone(&shares.0);
        assert_eq!(shares.settle(), 1);
        drop(kept);
        let lock = StdRwLock::default();
        let held = lock.0.read();
        assert_eq!(lock.settle(), 1);
        drop(held);
    }
}
