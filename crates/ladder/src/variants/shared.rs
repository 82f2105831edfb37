//! One word, atomic add and subtract.

use crate::about::{About, Kind, Threshold};
use crate::line::Alone;
use crate::numbers::Thousandths;
use crate::variant::{Platform, Variant, Words, hold};
use alloc::boxed::Box;
use core::sync::atomic::{AtomicUsize, Ordering};

/// What every stage needs to know.
pub const ABOUT: About = About {
    transfers_per_pair: Some(2),
    two_cores: Some(Threshold::AtMost(Thousandths(900))),
    ..About::new("shared", "one word for all cores, one addition", Kind::OneWord)
};

/// Makes it.
pub fn make<P: Platform>(_cores: usize) -> Box<dyn Variant> {
    Box::new(Shared::default())
}

/// One word with atomic add and subtract: right, and as short as it can be for a shared word.
#[derive(Debug, Default)]
struct Shared(Alone<AtomicUsize>);

impl Variant for Shared {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn pairs(&self, _core: usize, count: u64) {
        let Alone(word) = &self.0;
        for _ in 0..count {
            // Acquire and Release as in every count of users: what a holder does stays between them.
            word.fetch_add(1, Ordering::Acquire);
            hold();
            word.fetch_sub(1, Ordering::Release);
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
