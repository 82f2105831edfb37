//! A solution of lab 4: a word for each core, 32 bytes apart, so two of them in each line.

use crate::harness::{CORES, Counter};
use core::sync::atomic::{AtomicUsize, Ordering};

/// What it is called.
pub const NAME: &str = "32 bytes apart";
/// How many lines travel when 2, 4 and 8 cores take turns and do 100 pairs each: two in a pair, as with
/// all words in one line. Between two additions of a core its neighbour has added.
pub const PREDICTED: [u64; 3] = [400, 800, 1600];

/// The counter that is counted.
pub static COUNTER: Spaced = Spaced([const { Word(AtomicUsize::new(0)) }; CORES]);

/// A word for each core, from the beginning of a line.
#[repr(C, align(64))]
pub struct Spaced([Word; CORES]);

/// A word, and nothing up to the next one.
#[repr(align(32))]
struct Word(AtomicUsize);

impl Counter for Spaced {
    fn acquire(&self, core: usize) {
        self.0[core].0.fetch_add(1, Ordering::Acquire);
    }

    fn release(&self, core: usize) {
        self.0[core].0.fetch_sub(1, Ordering::Release);
    }

    fn users(&self) -> usize {
        let words = self.0.iter().map(|word| word.0.load(Ordering::Relaxed));
        words.fold(0, usize::wrapping_add)
    }
}
