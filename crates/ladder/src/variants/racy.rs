//! One word, loaded and stored: wrong on purpose.

use crate::about::{About, Kind};
use crate::line::Alone;
use crate::variant::{Platform, Variant, Words, hold};
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
    Box::new(Racy::default())
}

/// A plain counter: load, add, store.
///
/// Between the load and the store of one core another core may store. That count is lost. The accesses
/// are relaxed atomics, so the program is wrong but not undefined: each load still returns a value that
/// was stored.
#[derive(Debug, Default)]
struct Racy(Alone<AtomicUsize>);

impl Racy {
    fn add(&self, amount: usize) {
        let Alone(word) = &self.0;
        let seen = word.load(Ordering::Relaxed);
        word.store(seen.wrapping_add(amount), Ordering::Relaxed);
    }
}

impl Variant for Racy {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn pairs(&self, _core: usize, count: u64) {
        for _ in 0..count {
            self.add(1);
            hold();
            self.add(1_usize.wrapping_neg());
            hold();
        }
    }

    fn reset(&self) -> i64 {
        self.0.0.swap(0, Ordering::Relaxed) as i64
    }

    fn words(&self) -> Words {
        Words::of(&self.0.0)
    }
}
