//! A word for each core, 128 bytes apart: a pair of lines each.

use crate::about::{About, Kind};
use crate::own_word::OwnWord;
use crate::variant::{Platform, Variant};
use alloc::boxed::Box;

/// What every stage needs to know.
pub const ABOUT: About = About {
    transfers_per_pair: Some(0),
    ..About::new("padded128", "a word a core, 128 bytes apart", Kind::OwnLine)
};

/// Makes it.
pub fn make<P: Platform>(cores: usize) -> Box<dyn Variant> {
    Box::new(OwnWord::<128>::new(&ABOUT, cores))
}
