//! The ladder: ways to count the users of a shared object, each under the same harness.
//!
//! Every rung does the same work, a *pair*: it says "I use the object" (acquire) and "no more"
//! (release). What differs is where the count is kept, and so what the caches have to do.
//!
//! | rung | the count | what it shows |
//! |---|---|---|
//! | `racy` | one word, loaded and stored | wrong on purpose: with two cores it loses counts |
//! | `spin_lock` | one word behind a spin lock | a lock is one more shared word, and whoever waits for it does no work |
//! | `rw_lock` | the readers of a read-write lock | readers exclude nobody, yet they all write the lock's word |
//! | `shared_cas` | one word, compare-and-swap | as Windows does it: a loop, which repeats when another core was faster |
//! | `shared` | one word, atomic add | no loop; the line still travels for every atomic |
//! | `plain` | [`rundown::RundownRef`] | that, with everything that run-down protection needs |
//! | `packed` | a word a core, all in one line | false sharing: own words, and the line travels all the same |
//! | `padded64`, `padded128` | a word a core, 64 or 128 bytes apart | what per-core counters cost when nothing travels: the limit |
//! | `cache_aware` | [`rundown::CacheAwareRundownRef`] | that, with everything that run-down protection needs |
//!
//! [`all`] makes them; [`Rung::pairs`] is the harness's loop, compiled for each rung, so that the only
//! dynamic call is the one that starts it. After it, [`Rung::settle`] tells what is left of the count: 0, or
//! the rung has lost something. [`Drains`] is the other side of the bargain: more slots, longer drain.
//!
//! No architecture, no clock: the kernel image `examples/ladder.rs` and the host benchmark
//! `crates/bench` bring theirs. [`Spread`] and [`Thousandths`] are the arithmetic that both use: integers
//! only, as the kernel has no floating point.

#![no_std]

extern crate alloc;

mod drain;
mod lines;
mod locks;
mod one_word;
mod own_word;
mod shipped;
mod spread;

pub use drain::{Drains, SLOTS};
pub use locks::{RwLock, SpinLock};
pub use one_word::{Racy, Shared, SharedCas};
pub use own_word::OwnWord;
pub use shipped::{CacheAware, Plain};
pub use spin::RelaxStrategy;
pub use spread::{Spread, Thousandths, ratio};

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;
use rundown::CurrentSlot;

/// The names of all rungs, from the lowest to the highest.
pub const NAMES: [&str; 10] = [
    "racy",
    "spin_lock",
    "rw_lock",
    "shared_cas",
    "shared",
    "plain",
    "packed",
    "padded64",
    "padded128",
    "cache_aware",
];

/// One way to count users.
pub trait Rung: Sync {
    /// Its name, one of [`NAMES`].
    fn name(&self) -> &'static str;

    /// Whether the count is right however many cores use it at once.
    fn is_exact(&self) -> bool {
        true
    }

    /// Acquires and releases `count` times, as core number `core`.
    ///
    /// Several cores may do so at once, each under its own number, below the number that the rung was
    /// made for.
    ///
    /// # Panics
    ///
    /// When `core` is not below it, and when an acquire is refused: then there was nothing to measure.
    fn pairs(&self, core: usize, count: u64);

    /// Tells what is left of the count, 0 if it is right, and makes it 0. While no core is in
    /// [`pairs`](Self::pairs).
    fn settle(&self) -> i64;

    /// Where its words lie.
    fn words(&self) -> Words;
}

/// The memory that a rung counts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// From the first byte to behind the last.
    pub range: Range<*const u8>,
    /// Bytes from one core's word to the next, or 0: all cores use the same.
    pub stride: usize,
}

impl Words {
    /// The words of something that all cores share.
    pub fn of<T>(object: &T) -> Self {
        let range = core::ptr::from_ref(object).cast::<u8>();
        Self { range: range..range.wrapping_add(size_of::<T>()), stride: 0 }
    }
}

/// Makes every rung for `cores` cores, in the order of [`NAMES`].
///
/// `C` tells `cache_aware` its slot; on core number n it must answer n, or cores share a slot. `R` is
/// how the two locks wait.
///
/// # Panics
///
/// When `cores` is 0.
pub fn all<C: CurrentSlot + 'static, R: RelaxStrategy + 'static>(
    cores: usize,
) -> Vec<Box<dyn Rung>> {
    assert!(cores > 0, "a ladder for no core");
    alloc::vec![
        Box::new(Racy::default()),
        Box::new(SpinLock::<R>::default()),
        Box::new(RwLock::<R>::default()),
        Box::new(SharedCas::default()),
        Box::new(Shared::default()),
        Box::new(Plain::default()),
        Box::new(OwnWord::<{ size_of::<usize>() }>::new("packed", cores)),
        Box::new(OwnWord::<64>::new("padded64", cores)),
        Box::new(OwnWord::<128>::new("padded128", cores)),
        Box::new(CacheAware::<C>::new(cores)),
    ]
}

/// Stands where a user would use the object.
///
/// It does nothing, but the compiler must not know: otherwise it may join a release with the next
/// acquire, or an acquire with its release, and there is nothing left to measure.
#[inline(always)]
pub fn hold() {
    core::hint::black_box(());
}
