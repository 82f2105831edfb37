//! The list of variants: the one place where a new one is added.
//!
//! A line is the name of a file in `variants/`, which holds the code and [`ABOUT`](racy::ABOUT). All that
//! a table, a figure or a check needs to know of the variant stands there or is derived from it.

use crate::about::About;
use crate::variant::{Platform, Variant};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Declares the modules and the list. `cargo fmt` does not see modules that a macro declares, so a test
/// checks the format of their files.
macro_rules! variants {
    ($($file:ident),+ $(,)?) => {
        $(pub mod $file;)+

        /// The descriptions of all variants, in the order of every table.
        pub static VARIANTS: [About; [$(stringify!($file)),+].len()] = [$($file::ABOUT),+];

        /// Makes every variant for `cores` cores, in the order of [`VARIANTS`].
        ///
        /// # Panics
        ///
        /// When `cores` is 0.
        pub fn all<P: Platform>(cores: usize) -> Vec<Box<dyn Variant>> {
            assert!(cores > 0, "variants for no core");
            alloc::vec![$($file::make::<P>(cores)),+]
        }
    };
}

variants! {
    racy,
    spin_lock,
    rw_lock,
    shared_cas,
    shared,
    plain,
    packed,
    padded64,
    padded128,
    cache_aware,
    pooled,
}

/// Returns the description of the variant with this name, if there is one.
pub fn find(name: &str) -> Option<&'static About> {
    VARIANTS.iter().find(|about| about.name == name)
}
