//! A word for each core, side by side: false sharing.

use crate::about::{About, Kind};
use crate::own_word::OwnWord;
use crate::variant::{Platform, Variant};
use alloc::boxed::Box;

/// What every stage needs to know.
pub const ABOUT: About = About {
    transfers_per_pair: Some(2),
    ..About::new("packed", "a word a core, side by side in the same line", Kind::OneLine)
};

/// Makes it.
pub fn make<P: Platform>(cores: usize) -> Box<dyn Variant> {
    Box::new(OwnWord::<{ size_of::<usize>() }>::new(&ABOUT, cores))
}
