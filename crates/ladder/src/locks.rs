//! Rungs that count with a lock.

use crate::lines::Alone;
use crate::{Rung, Words, hold};
use core::fmt;
use spin::RelaxStrategy;
use spin::mutex::SpinMutex;

/// A counter behind a spin lock, taken once for the acquire and once for the release.
///
/// Lock and counter share a line, the best case: who has the lock has the counter. Even so, whoever
/// waits takes the line away from the one that works, and if the holder is stopped, everybody is.
pub struct SpinLock<R>(Alone<SpinMutex<i64, R>>);

impl<R> Default for SpinLock<R> {
    fn default() -> Self {
        Self(Alone(SpinMutex::new(0)))
    }
}

impl<R> fmt::Debug for SpinLock<R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("SpinLock").field(&self.0.0).finish()
    }
}

impl<R: RelaxStrategy> Rung for SpinLock<R> {
    fn name(&self) -> &'static str {
        "spin_lock"
    }

    fn pairs(&self, _core: usize, count: u64) {
        let Alone(counter) = &self.0;
        for _ in 0..count {
            *counter.lock() += 1;
            hold();
            *counter.lock() -= 1;
            hold();
        }
    }

    fn settle(&self) -> i64 {
        core::mem::take(&mut *self.0.0.lock())
    }

    fn words(&self) -> Words {
        Words::of(&self.0.0)
    }
}

/// A read-write lock, held for reading while the object is used; its own count of readers is the count.
///
/// A drain would take it for writing. Readers never wait for readers, but to say that they are there
/// they write the lock's word: for the caches it is one shared counter.
pub struct RwLock<R>(Alone<spin::rwlock::RwLock<(), R>>);

impl<R> Default for RwLock<R> {
    fn default() -> Self {
        Self(Alone(spin::rwlock::RwLock::new(())))
    }
}

impl<R> fmt::Debug for RwLock<R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("RwLock").field(&self.0.0).finish()
    }
}

impl<R: RelaxStrategy> Rung for RwLock<R> {
    fn name(&self) -> &'static str {
        "rw_lock"
    }

    fn pairs(&self, _core: usize, count: u64) {
        let Alone(lock) = &self.0;
        for _ in 0..count {
            let held = lock.read();
            hold();
            drop(held);
            hold();
        }
    }

    fn settle(&self) -> i64 {
        self.0.0.reader_count() as i64
    }

    fn words(&self) -> Words {
        Words::of(&self.0.0)
    }
}
