//! Lab 2: this counter is right, and its lines travel all the time. Make them stay where they are.
//!
//! The sheet is docs/course/2-fix-it.md; `scripts/grade 2` counts. Nothing but this file has to change.

use crate::harness::{CORES, Counter};
use core::sync::atomic::{AtomicUsize, Ordering};

/// The counter that is counted.
pub static COUNTER: Packed = Packed { words: [const { AtomicUsize::new(0) }; CORES] };

/// A word for each core, side by side from the beginning of a line.
#[repr(C, align(128))]
pub struct Packed {
    words: [AtomicUsize; CORES],
}

impl Counter for Packed {
    fn acquire(&self, core: usize) {
        self.words[core].fetch_add(1, Ordering::Acquire);
    }

    fn release(&self, core: usize) {
        self.words[core].fetch_sub(1, Ordering::Release);
    }

    fn users(&self) -> usize {
        // A hold may end on another core: a word alone may lie below zero, the sum does not.
        let words = self.words.iter().map(|word| word.load(Ordering::Relaxed));
        words.fold(0, usize::wrapping_add)
    }
}
