//! The number of readers of a read-write lock, which is one word.

use crate::about::{About, Kind};
use crate::line::Alone;
use crate::variant::{Platform, Variant, Words, hold};
use alloc::boxed::Box;
use spin::RelaxStrategy;
use spin::rwlock::RwLock;

/// What every stage needs to know.
pub const ABOUT: About = About {
    transfers_per_pair: Some(2),
    ..About::new("rw_lock", "a read-write lock, held for reading", Kind::Lock)
};

/// Makes it.
pub fn make<P: Platform>(_cores: usize) -> Box<dyn Variant> {
    Box::new(Readers::<P::Relax>(Alone(RwLock::new(()))))
}

/// A read-write lock, held for reading while the object is used. Its own count of readers is the count.
///
/// A drain would take it for writing. Readers never wait for readers, but each writes the word of the
/// lock to be counted: for the caches it is one shared counter.
struct Readers<R>(Alone<RwLock<(), R>>);

impl<R: RelaxStrategy> Variant for Readers<R> {
    fn about(&self) -> &'static About {
        &ABOUT
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

    /// Only looks: a reader that is left keeps the lock.
    fn reset(&self) -> i64 {
        self.0.0.reader_count() as i64
    }

    fn words(&self) -> Words {
        Words::of(&self.0.0)
    }
}
