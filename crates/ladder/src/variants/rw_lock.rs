//! The number of readers of a read-write lock, which is one word.

use crate::about::{About, Kind};
use crate::one::{Object, one};
use crate::variant::{Platform, Variant, hold};
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
    one(&ABOUT, RwLock::<(), P::Relax>::new(()))
}

/// A read-write lock, held for reading while the object is used. Its own count of readers is the count.
///
/// A drain would take it for writing. Readers never wait for readers, but each writes the word of the
/// lock to be counted: for the caches it is one shared counter.
impl<R: RelaxStrategy> Object for RwLock<(), R> {
    #[inline]
    fn pair(&self) {
        let held = self.read();
        hold();
        drop(held);
    }

    /// Only looks: a reader that is left keeps the lock.
    fn reset(&self) -> i64 {
        self.reader_count() as i64
    }
}
