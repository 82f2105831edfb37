//! A word for each core, 128 bytes apart: a pair of lines each.

use crate::about::{About, Kind};
use crate::own_word::OwnWord;
use crate::variant::{Platform, Variant};
use alloc::boxed::Box;

/// What every stage needs to know.
pub const ABOUT: About = About {
    name: "padded128",
    meaning: "a word a core, 128 bytes apart",
    kind: Kind::OwnLine,
    transfers_per_pair: Some(0),
    retries: false,
    two_cores: None,
};

/// Makes it.
pub fn make<P: Platform>(cores: usize) -> Box<dyn Variant> {
    Box::new(OwnWord::<128>::new(&ABOUT, cores))
}
