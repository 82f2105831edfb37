//! [`CacheAwareRundownRef`]: a word for each core.

use crate::about::{About, Kind, Threshold};
use crate::numbers::Thousandths;
use crate::run_down;
use crate::variant::{Platform, Variant, Words, hold};
use alloc::boxed::Box;
use core::ptr;
use rundown::{CACHE_LINE, CacheAwareRundownRef, CurrentSlot};

/// What every stage needs to know.
pub const ABOUT: About = About {
    transfers_per_pair: Some(0),
    two_cores: Some(Threshold::AtLeast(Thousandths(1700))),
    ..About::new(
        "cache_aware",
        "CacheAwareRundownRef: a slot a core, each on lines of its own",
        Kind::OwnLine,
    )
};

/// Makes it.
pub fn make<P: Platform>(cores: usize) -> Box<dyn Variant> {
    Box::new(CacheAware::<P::Slot>::new(cores))
}

/// A run-down object with a slot for each core.
#[derive(Debug)]
pub struct CacheAware<C: CurrentSlot>(Box<CacheAwareRundownRef<C>>);

impl<C: CurrentSlot> CacheAware<C> {
    /// Makes an object with a slot for each of `cores` cores.
    pub fn new(cores: usize) -> Self {
        Self(CacheAwareRundownRef::boxed(cores).unwrap_or_else(|error| panic!("{error}")))
    }

    /// Returns the object itself, to drain it.
    pub fn object(&self) -> &CacheAwareRundownRef<C> {
        &self.0
    }
}

impl<C: CurrentSlot> Variant for CacheAware<C> {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn pairs(&self, _core: usize, count: u64) {
        for _ in 0..count {
            run_down::pair(&*self.0);
            hold();
        }
    }

    fn reset(&self) -> i64 {
        run_down::reset(&*self.0)
    }

    /// Returns the whole object: the line that all cores look at, and the slots behind it.
    fn words(&self) -> Words {
        let start = ptr::from_ref(&*self.0).cast::<u8>();
        let range = start..start.wrapping_add(size_of_val(&*self.0));
        Words { range, stride: CACHE_LINE }
    }
}
