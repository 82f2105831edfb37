//! One object for all cores: what the variants have in common that count in one place.

use crate::about::About;
use crate::line::Alone;
use crate::variant::{Variant, Words, hold};
use alloc::boxed::Box;

/// What all cores use.
pub trait Object: Sync {
    /// Acquires, lets [`hold`] stand for the use, and releases.
    fn pair(&self);

    /// Returns what is left of the count, and makes it 0.
    fn reset(&self) -> i64;
}

/// Such an object, on cache lines of its own.
struct One<T> {
    about: &'static About,
    object: Alone<T>,
}

/// Makes the variant that has this one object.
pub fn one<T: Object + 'static>(about: &'static About, object: T) -> Box<dyn Variant> {
    Box::new(One { about, object: Alone(object) })
}

impl<T: Object> Variant for One<T> {
    fn about(&self) -> &'static About {
        self.about
    }

    fn pairs(&self, _core: usize, count: u64) {
        let Alone(object) = &self.object;
        for _ in 0..count {
            object.pair();
            hold();
        }
    }

    fn reset(&self) -> i64 {
        self.object.0.reset()
    }

    fn words(&self) -> Words {
        Words::of(&self.object.0)
    }
}
