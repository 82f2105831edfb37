//! A word for each core: the code of `packed`, `padded64` and `padded128`.

use crate::about::About;
use crate::line::Row;
use crate::variant::{Variant, Words, hold};
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};

/// A word for each core, `STRIDE` bytes apart, and nothing else: nothing to check first, no slot to find.
///
/// 8 bytes apart, 8 cores share a line of 64 bytes: no core uses another's word, and the line travels as
/// if they did. 64 bytes apart nothing travels, unless the hardware fetches lines in pairs or has lines
/// of 128 bytes. Whoever wants the sum has to read all words.
#[derive(Debug)]
pub struct OwnWord<const STRIDE: usize> {
    about: &'static About,
    cores: usize,
    row: Row,
}

impl<const STRIDE: usize> OwnWord<STRIDE> {
    /// Makes words for `cores` cores, all zero.
    pub fn new(about: &'static About, cores: usize) -> Self {
        const { assert!(STRIDE.is_multiple_of(size_of::<AtomicUsize>())) };
        Self { about, cores, row: Row::new(cores * STRIDE) }
    }

    fn word(&self, core: usize) -> &AtomicUsize {
        assert!(core < self.cores, "core {core} of {}", self.cores);
        self.row.at(core * STRIDE)
    }
}

impl<const STRIDE: usize> Variant for OwnWord<STRIDE> {
    fn about(&self) -> &'static About {
        self.about
    }

    fn pairs(&self, core: usize, count: u64) {
        let word = self.word(core);
        for _ in 0..count {
            // Acquire and Release as for a shared word: a drain would read these words too.
            word.fetch_add(1, Ordering::Acquire);
            hold();
            word.fetch_sub(1, Ordering::Release);
            hold();
        }
    }

    fn reset(&self) -> i64 {
        (0..self.cores).map(|core| self.word(core).swap(0, Ordering::Relaxed) as i64).sum()
    }

    fn words(&self) -> Words {
        let address = |core| core::ptr::from_ref(self.word(core)).cast::<u8>();
        let range: Range<*const u8> =
            address(0)..address(self.cores - 1).wrapping_add(size_of::<AtomicUsize>());
        Words { range, stride: STRIDE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_word_is_off_by_is_told_once() {
        let words = OwnWord::<64>::new(&crate::variants::padded64::ABOUT, 3);
        for (core, off_by) in [(0, 1), (1, 2), (2, usize::MAX)] {
            words.word(core).store(off_by, Ordering::Relaxed);
        }
        assert_eq!([words.reset(), words.reset()], [2, 0]);
    }
}
