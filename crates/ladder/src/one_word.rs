//! Rungs that count in one word, which all cores write.

use crate::lines::Alone;
use crate::{Rung, Words, hold};
use core::sync::atomic::{AtomicUsize, Ordering};

/// A plain counter: load, add, store. Wrong on purpose.
///
/// Between a core's load and its store another core may store; that count is lost. Relaxed accesses
/// make it a wrong program and not an undefined one: each load still sees some value that was stored.
#[derive(Debug, Default)]
pub struct Racy(Alone<AtomicUsize>);

impl Racy {
    fn add(&self, amount: usize) {
        let Alone(word) = &self.0;
        let seen = word.load(Ordering::Relaxed);
        word.store(seen.wrapping_add(amount), Ordering::Relaxed);
    }
}

impl Rung for Racy {
    fn name(&self) -> &'static str {
        "racy"
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn pairs(&self, _core: usize, count: u64) {
        for _ in 0..count {
            self.add(1);
            hold();
            self.add(1_usize.wrapping_neg());
            hold();
        }
    }

    fn settle(&self) -> i64 {
        self.0.0.swap(0, Ordering::Relaxed) as i64
    }

    fn words(&self) -> Words {
        Words::of(&self.0.0)
    }
}

/// One word, atomic add and subtract: right, and as short as it can be for a shared word.
#[derive(Debug, Default)]
pub struct Shared(Alone<AtomicUsize>);

impl Rung for Shared {
    fn name(&self) -> &'static str {
        "shared"
    }

    fn pairs(&self, _core: usize, count: u64) {
        let Alone(word) = &self.0;
        for _ in 0..count {
            // Acquire and Release as every count of users has them: what a holder does stays between.
            word.fetch_add(1, Ordering::Acquire);
            hold();
            word.fetch_sub(1, Ordering::Release);
            hold();
        }
    }

    fn settle(&self) -> i64 {
        self.0.0.swap(0, Ordering::Relaxed) as i64
    }

    fn words(&self) -> Words {
        Words::of(&self.0.0)
    }
}

/// One word, compare-and-swap, as Windows keeps it: bit 0 is the mark "running down", the rest is twice
/// the number of users.
///
/// The load comes first, because the mark must be looked at before the count may change; so the change
/// needs a loop that starts over when another core has changed the word in between.
#[derive(Debug, Default)]
pub struct SharedCas(Alone<AtomicUsize>);

const MARK: usize = 1;
const ONE: usize = 2;

impl SharedCas {
    /// Takes a hold, unless the mark is set.
    #[inline]
    pub fn acquire(&self) -> bool {
        let Alone(word) = &self.0;
        let mut seen = word.load(Ordering::Relaxed); // the exchange decides
        while seen & MARK == 0 {
            // Acquire: as above.
            let new = seen.wrapping_add(ONE);
            match word.compare_exchange_weak(seen, new, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    /// Gives a hold back. Returns whether the mark was clear; if it was set, nothing has changed, and
    /// the whole thing would now have to settle with the waiter.
    #[inline]
    pub fn release(&self) -> bool {
        let Alone(word) = &self.0;
        let mut seen = word.load(Ordering::Relaxed); // the exchange decides
        while seen & MARK == 0 {
            // Release: as above.
            let new = seen.wrapping_sub(ONE);
            match word.compare_exchange_weak(seen, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    /// Sets the mark, and returns how many users there were.
    pub fn mark(&self) -> usize {
        self.0.0.fetch_or(MARK, Ordering::Acquire) / ONE
    }
}

impl Rung for SharedCas {
    fn name(&self) -> &'static str {
        "shared_cas"
    }

    fn pairs(&self, _core: usize, count: u64) {
        for _ in 0..count {
            let granted = self.acquire();
            hold();
            let released = self.release();
            assert!(granted && released, "nobody has set the mark");
            hold();
        }
    }

    fn settle(&self) -> i64 {
        self.0.0.swap(0, Ordering::Relaxed) as i64 / ONE as i64
    }

    fn words(&self) -> Words {
        Words::of(&self.0.0)
    }
}
