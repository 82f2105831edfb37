//! One word, atomic add and subtract.

use crate::about::{About, Kind, Threshold};
use crate::numbers::Thousandths;
use crate::one::{Object, one};
use crate::variant::{Platform, Variant, hold};
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
    one(&ABOUT, Shared::default())
}

/// One word with atomic add and subtract: right, and as short as it can be for a shared word.
#[derive(Debug, Default)]
struct Shared(AtomicUsize);

impl Object for Shared {
    #[inline]
    fn pair(&self) {
        // Acquire and Release as in every count of users: what a holder does stays between them.
        self.0.fetch_add(1, Ordering::Acquire);
        hold();
        self.0.fetch_sub(1, Ordering::Release);
    }

    fn reset(&self) -> i64 {
        self.0.swap(0, Ordering::Relaxed) as i64
    }
}
