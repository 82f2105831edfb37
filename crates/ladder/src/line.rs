//! Memory in whole cache lines.

use alloc::boxed::Box;
use core::sync::atomic::AtomicUsize;

/// Bytes of the largest line that matters here: a pair of lines on x86-64, one line on some Arm cores
/// (`rundown::CACHE_LINE` says where the number comes from).
pub const LINE: usize = 128;
const WORDS: usize = LINE / size_of::<AtomicUsize>();

/// A value on lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Alone<T>(pub T);

/// Words in a row, from the beginning of a line to the end of one.
#[derive(Debug)]
pub struct Row(Box<[Alone<[AtomicUsize; WORDS]>]>);

const _: () = assert!(size_of::<Alone<[AtomicUsize; WORDS]>>() == LINE);

impl Row {
    /// Makes `bytes` bytes, rounded up to whole lines, all zero.
    pub fn new(bytes: usize) -> Self {
        Self((0..bytes.div_ceil(LINE)).map(|_| Alone::default()).collect())
    }

    /// Returns the word that lies `offset` bytes from the beginning.
    #[inline]
    pub fn at(&self, offset: usize) -> &AtomicUsize {
        &self.0[offset / LINE].0[offset % LINE / size_of::<AtomicUsize>()]
    }
}
