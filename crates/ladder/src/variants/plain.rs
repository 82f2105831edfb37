//! [`RundownRef`]: one word for all cores.

use crate::about::{About, Kind};
use crate::line::Alone;
use crate::run_down::{pairs, reset};
use crate::variant::{Platform, Variant, Words};
use alloc::boxed::Box;
use rundown::RundownRef;

/// What every stage needs to know.
pub const ABOUT: About = About::new("plain", "RundownRef: one word for all cores", Kind::OneWord);

/// Makes it.
pub fn make<P: Platform>(_cores: usize) -> Box<dyn Variant> {
    Box::new(Plain::default())
}

#[derive(Debug, Default)]
struct Plain(Alone<RundownRef>);

impl Variant for Plain {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn pairs(&self, _core: usize, count: u64) {
        pairs(&self.0.0, count);
    }

    fn reset(&self) -> i64 {
        reset(&self.0.0)
    }

    fn words(&self) -> Words {
        Words::of(&self.0.0)
    }
}
