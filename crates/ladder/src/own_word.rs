//! Rungs that count in a word a core: packed into lines, or on lines of their own.

use crate::lines::Row;
use crate::{Rung, Words, hold};
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};

/// A word a core, `STRIDE` bytes apart, and nothing else: no mark to look at, no slot to find.
///
/// 8 bytes apart, 8 cores share a line of 64 bytes: nobody shares a word, and the line travels as if
/// they did. 64 bytes apart nothing travels, unless the hardware fetches lines in pairs or has lines of
/// 128 bytes. Who wants the sum has to look at all words.
#[derive(Debug)]
pub struct OwnWord<const STRIDE: usize> {
    name: &'static str,
    cores: usize,
    row: Row,
}

impl<const STRIDE: usize> OwnWord<STRIDE> {
    /// Makes words for `cores` cores, all zero.
    pub fn new(name: &'static str, cores: usize) -> Self {
        const { assert!(STRIDE.is_multiple_of(size_of::<AtomicUsize>())) };
        Self { name, cores, row: Row::new(cores * STRIDE) }
    }

    fn word(&self, core: usize) -> &AtomicUsize {
        assert!(core < self.cores, "core {core} of {}", self.cores);
        self.row.at(core * STRIDE)
    }
}

impl<const STRIDE: usize> Rung for OwnWord<STRIDE> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn pairs(&self, core: usize, count: u64) {
        let word = self.word(core);
        for _ in 0..count {
            // Acquire and Release as for a shared word: who drains reads these words too.
            word.fetch_add(1, Ordering::Acquire);
            hold();
            word.fetch_sub(1, Ordering::Release);
            hold();
        }
    }

    fn settle(&self) -> i64 {
        (0..self.cores).map(|core| self.word(core).swap(0, Ordering::Relaxed) as i64).sum()
    }

    fn words(&self) -> Words {
        let address = |core| core::ptr::from_ref(self.word(core)).cast::<u8>();
        let range: Range<*const u8> =
            address(0)..address(self.cores - 1).wrapping_add(size_of::<AtomicUsize>());
        Words { range, stride: STRIDE }
    }
}
