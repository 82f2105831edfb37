//! A word for each core, 64 bytes apart, so that nothing travels.
//!
//! Caches with lines of 128 bytes, or that fetch lines in pairs, make two cores share all the same.

use crate::about::{About, Kind};
use crate::own_word::OwnWord;
use crate::variant::{Platform, Variant};
use alloc::boxed::Box;

/// What every stage needs to know.
pub const ABOUT: About = About {
    transfers_per_pair: Some(0),
    ..About::new("padded64", "a word a core, 64 bytes apart", Kind::OwnLine)
};

/// Makes it.
pub fn make<P: Platform>(cores: usize) -> Box<dyn Variant> {
    Box::new(OwnWord::<64>::new(&ABOUT, cores))
}
