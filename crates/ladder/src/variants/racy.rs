//! One word, loaded and stored: wrong on purpose.

use crate::about::{About, Kind};
use crate::one::{Object, one};
use crate::variant::{Platform, Variant, hold};
use alloc::boxed::Box;
use core::sync::atomic::{AtomicUsize, Ordering};

/// What every stage needs to know.
pub const ABOUT: About = About::new(
    "racy",
    "a plain counter, load and store: wrong on purpose, it loses counts",
    Kind::Wrong,
);

/// Makes it.
pub fn make<P: Platform>(_cores: usize) -> Box<dyn Variant> {
    one(&ABOUT, Racy::default())
}

/// A plain counter: load, add, store.
///
/// Between the load and the store of one core another core may store. That count is lost. The accesses
/// are relaxed atomics, so the program is wrong but not undefined: each load still returns a value that
/// was stored.
#[derive(Debug, Default)]
struct Racy(AtomicUsize);

impl Racy {
    #[inline]
    fn add(&self, amount: usize) {
        let seen = self.0.load(Ordering::Relaxed);
        self.0.store(seen.wrapping_add(amount), Ordering::Relaxed);
    }
}

impl Object for Racy {
    #[inline]
    fn pair(&self) {
        self.add(1);
        hold();
        self.add(1_usize.wrapping_neg());
    }

    fn reset(&self) -> i64 {
        self.0.swap(0, Ordering::Relaxed) as i64
    }
}
