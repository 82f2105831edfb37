//! Ways to count the users of a shared object, each under the same harness.
//!
//! Every variant does the same work, a *pair*: "I use the object" (acquire), then "no more" (release). What
//! differs is where the count is kept, and so what the caches have to do. [`VARIANTS`] describes them; the
//! files in `variants/` are read in its order, from a counter that is wrong to the cache-aware object.
//!
//! [`all`] makes the variants; [`Variant::pairs`] is the loop that is measured. It is compiled for each
//! variant, so the only dynamic call is the one that starts it. After it, [`Variant::reset`] returns what
//! is left of the count: 0, or the variant has lost something. [`Drains`] measures the price: more slots,
//! longer drain.
//!
//! This crate has no architecture and no clock. The kernel image `examples/ladder` and the host benchmark
//! `crates/bench` bring theirs ([`Platform`]), and share [`Candidate`], which holds the measurements of a
//! variant and compares n cores with one. All arithmetic is on integers, as the kernel has no floating
//! point. The host's tools use the list alone.
//!
//! To add a variant, write a file in `variants/` and add its name to the list in `variants.rs`.

#![no_std]

extern crate alloc;

mod about;
mod candidate;
mod drain;
mod line;
mod numbers;
mod one;
mod own_word;
mod run_down;
mod variant;
pub mod variants;

pub use about::{About, Kind, Threshold};
pub use candidate::{Candidate, Measured};
pub use drain::{DrainTime, Drains, SLOTS};
pub use numbers::{Spread, Thousandths, ratio};
pub use spin::RelaxStrategy;
pub use variant::{Platform, Variant, Words, hold};
pub use variants::cache_aware::CacheAware;
pub use variants::{VARIANTS, all, find};
