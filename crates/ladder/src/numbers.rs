//! Medians and ratios, on integers: the kernel has no floating point.

use alloc::vec::Vec;
use core::fmt;

/// A number in thousandths; printed as `0.621`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thousandths(pub u64);

impl fmt::Display for Thousandths {
    /// Writes as many decimal places as asked for, at most 3, rounded half up.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = out.precision().unwrap_or(3).min(3);
        let unit = 10_u64.pow(3 - places as u32);
        let rounded = (self.0 + unit / 2) / unit;
        let whole = 10_u64.pow(places as u32);
        let text = match places {
            0 => alloc::format!("{rounded}"),
            _ => alloc::format!("{}.{:0places$}", rounded / whole, rounded % whole),
        };
        out.pad_integral(true, "", &text)
    }
}

/// Returns `part` in relation to `whole`, rounded down; 0 if `whole` is 0.
pub fn ratio(part: u64, whole: u64) -> Thousandths {
    wide_ratio(part.into(), whole.into())
}

/// Returns the same of products of two numbers.
pub fn wide_ratio(part: u128, whole: u128) -> Thousandths {
    let thousandths = part.saturating_mul(1000).checked_div(whole).unwrap_or(0);
    Thousandths(u64::try_from(thousandths).unwrap_or(u64::MAX))
}

/// The median of several measurements, with the lowest and the highest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread<T> {
    /// Half of the measurements are at most this; of an even number, the lower one in the middle.
    pub median: T,
    /// The lowest.
    pub lowest: T,
    /// The highest.
    pub highest: T,
}

impl<T: Ord + Copy> Spread<T> {
    /// Returns the spread of `values`, or `None` if there are none.
    pub fn of(values: impl IntoIterator<Item = T>) -> Option<Self> {
        let mut values: Vec<T> = values.into_iter().collect();
        values.sort_unstable();
        let (&lowest, &highest) = (values.first()?, values.last()?);
        Some(Self { median: values[(values.len() - 1) / 2], lowest, highest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn thousandths_are_printed_and_rounded() {
        assert_eq!(format!("{}", Thousandths(621)), "0.621");
        assert_eq!(format!("{:.2}", Thousandths(625)), "0.63");
        assert_eq!(format!("{:.1}", Thousandths(12_949)), "12.9");
        assert_eq!(format!("{:.0}", Thousandths(1_500)), "2");
        assert_eq!(format!("{:7.2}|", Thousandths(1_999)), "   2.00|");
        assert_eq!(format!("{:.1}", Thousandths(9_951)), "10.0");
    }

    #[test]
    fn ratios_are_rounded_down_and_never_overflow() {
        assert_eq!(ratio(2, 3), Thousandths(666));
        assert_eq!(ratio(u64::MAX, u64::MAX), Thousandths(1000));
        assert_eq!(ratio(u64::MAX, 1), Thousandths(u64::MAX));
        assert_eq!(ratio(1, 0), Thousandths(0));
    }

    #[test]
    fn the_median_is_in_the_middle() {
        let spread = |values: &[u64]| Spread::of(values.iter().copied());
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[7]), Some(Spread { median: 7, lowest: 7, highest: 7 }));
        assert_eq!(spread(&[9, 1, 5]), Some(Spread { median: 5, lowest: 1, highest: 9 }));
        assert_eq!(spread(&[4, 1, 9, 5]), Some(Spread { median: 4, lowest: 1, highest: 9 }));
    }
}
