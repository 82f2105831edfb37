//! Pages: what is mapped, and so what can be kept out of reach, is whole pages.

use core::ops::Range;

/// Bytes of a page.
pub const PAGE: usize = 4096;
/// Bits of an address that is mapped: tables of three levels, 512 GiB, enough for `virt`'s second
/// redistributor region at 256 GiB.
pub const ADDRESS_BITS: usize = 39;
/// Behind the last address that is mapped.
pub(crate) const PAST_THE_LAST: usize = 1 << ADDRESS_BITS;

/// Returns all pages that hold a byte of a range.
pub(crate) fn page_range(range: Range<usize>) -> Range<usize> {
    let start = range.start / PAGE * PAGE;
    start..range.end.checked_next_multiple_of(PAGE).unwrap_or(usize::MAX)
}

/// Returns the pages that lie in a range as a whole, and are mapped.
pub(crate) fn whole_pages(range: Range<usize>) -> Range<usize> {
    let start = range.start.checked_next_multiple_of(PAGE).unwrap_or(usize::MAX);
    start.min(PAST_THE_LAST)..(range.end / PAGE * PAGE).min(PAST_THE_LAST)
}
