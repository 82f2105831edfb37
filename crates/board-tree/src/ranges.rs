//! Sets of memory: ranges in order, none of which touches another.

use core::ops::Range;

/// At most `MOST` ranges, sorted, with something between any two.
#[derive(Clone, Debug)]
pub struct Ranges<const MOST: usize> {
    starts_and_ends: [(usize, usize); MOST],
    count: usize,
}

/// There is no room for one more range.
#[derive(Debug)]
pub struct Full;

impl<const MOST: usize> Ranges<MOST> {
    /// Returns no memory.
    pub const fn new() -> Self {
        Self { starts_and_ends: [(0, 0); MOST], count: 0 }
    }

    /// Returns the ranges, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Range<usize>> + Clone {
        self.starts_and_ends[..self.count].iter().map(|&(start, end)| start..end)
    }

    /// Returns how many bytes there are in all.
    pub fn bytes(&self) -> usize {
        self.iter().map(|range| range.len()).sum()
    }

    /// Returns the first range that has a byte in common with this one.
    pub fn overlapping(&self, other: &Range<usize>) -> Option<Range<usize>> {
        self.iter().find(|range| range.start.max(other.start) < range.end.min(other.end))
    }

    /// Adds a range, and makes one of all that it touches. An empty one changes nothing.
    pub fn add(&mut self, range: Range<usize>) -> Result<(), Full> {
        if range.is_empty() {
            return Ok(());
        }
        let (mut start, mut end) = (range.start, range.end);
        self.retain(|old| {
            let apart = old.end < start || end < old.start;
            if !apart {
                (start, end) = (start.min(old.start), end.max(old.end));
            }
            apart
        });
        self.insert(start, end)
    }

    /// Takes a range away. Where that leaves more pieces than there is room for, the smallest is given up.
    pub fn remove(&mut self, taken: Range<usize>) {
        let mut rest = None;
        for old in &mut self.starts_and_ends[..self.count] {
            let (start, end) = *old;
            let (from, to) = (taken.start.clamp(start, end), taken.end.clamp(start, end));
            if from < to {
                // The part before may be empty: it is dropped below.
                *old = (start, from);
                if to < end {
                    rest = Some((to, end));
                }
            }
        }
        self.retain(|old| !old.is_empty());
        if let Some((start, end)) = rest
            && self.insert(start, end).is_err()
        {
            let smallest = self.iter().min_by_key(Range::len).unwrap_or(0..0);
            if smallest.len() < end - start {
                self.retain(|old| *old != smallest);
                let _ = self.insert(start, end); // there is room now
            }
        }
    }

    fn retain(&mut self, mut keep: impl FnMut(&Range<usize>) -> bool) {
        let mut kept = 0;
        for at in 0..self.count {
            let (start, end) = self.starts_and_ends[at];
            if keep(&(start..end)) {
                self.starts_and_ends[kept] = (start, end);
                kept += 1;
            }
        }
        self.count = kept;
    }

    fn insert(&mut self, start: usize, end: usize) -> Result<(), Full> {
        if self.count == MOST {
            return Err(Full);
        }
        self.starts_and_ends[self.count] = (start, end);
        self.count += 1;
        self.starts_and_ends[..self.count].sort_unstable();
        Ok(())
    }
}

impl<const MOST: usize> Default for Ranges<MOST> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern crate std;
    use std::vec::Vec;

    fn set(ranges: &[Range<usize>]) -> Ranges<4> {
        let mut set = Ranges::new();
        ranges.iter().for_each(|range| set.add(range.clone()).unwrap());
        set
    }

    fn all(set: &Ranges<4>) -> Vec<Range<usize>> {
        set.iter().collect()
    }

    #[test]
    fn what_touches_becomes_one() {
        assert_eq!(all(&set(&[10..20, 30..40, 0..5])), [0..5, 10..20, 30..40]);
        assert_eq!(all(&set(&[10..20, 30..40, 20..30, 50..51])), [10..40, 50..51]);
        assert_eq!(all(&set(&[10..20, 30..40, 5..35, 7..7, 0..1])), [0..1, 5..40]);
        assert_eq!(all(&set(&[10..20, 12..13, 5..6])), [5..6, 10..20]);
    }

    #[test]
    fn what_is_taken_is_gone() {
        let without = |taken: Range<usize>| {
            let mut set = set(&[10..20, 30..40]);
            set.remove(taken);
            all(&set)
        };
        assert_eq!(without(12..13), [10..12, 13..20, 30..40]);
        assert_eq!(without(0..10), [10..20, 30..40]);
        assert_eq!(without(10..12), [12..20, 30..40]);
        assert_eq!(without(15..35), [10..15, 35..40]);
        assert_eq!(without(0..50), []);
        assert_eq!(without(15..15), [10..20, 30..40]);
        assert_eq!(without(15..20), [10..15, 30..40]);
        assert!(without(10..20).into_iter().eq(Some(30..40)));
        assert_eq!(without(20..30), [10..20, 30..40]);
    }

    #[test]
    fn a_set_that_is_full_gives_up_its_smallest_piece() {
        let mut full = set(&[0..10, 20..22, 30..50, 60..70]);
        assert!(full.add(80..90).is_err());
        full.remove(35..40);
        assert_eq!(all(&full), [0..10, 30..35, 40..50, 60..70]);
        full.remove(69..70);
        assert_eq!(full.bytes(), 10 + 5 + 10 + 9);
        assert_eq!(full.overlapping(&(34..45)), Some(30..35));
        assert_eq!(full.overlapping(&(35..40)), None);
        // The piece behind the hole is itself the smallest, or one of two.
        for taken in [42..59, 41..59] {
            let mut full = set(&[0..10, 20..30, 40..60, 70..80]);
            full.remove(taken.clone());
            assert_eq!(all(&full), [0..10, 20..30, 40..taken.start, 70..80]);
        }
    }
}
