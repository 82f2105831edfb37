//! [`RundownRef`]: one word for all cores.

use crate::about::{About, Kind};
use crate::one::{Object, one};
use crate::run_down;
use crate::variant::{Platform, Variant};
use alloc::boxed::Box;
use rundown::RundownRef;

/// What every stage needs to know.
pub const ABOUT: About = About::new("plain", "RundownRef: one word for all cores", Kind::OneWord);

/// Makes it.
pub fn make<P: Platform>(_cores: usize) -> Box<dyn Variant> {
    one(&ABOUT, RundownRef::default())
}

impl Object for RundownRef {
    #[inline]
    fn pair(&self) {
        run_down::pair(self);
    }

    fn reset(&self) -> i64 {
        run_down::reset(self)
    }
}
