//! What tables, figures and checks need to know of a variant.

use crate::numbers::Thousandths;
use core::fmt;

/// A variant, described. Each file in `variants/` has one of these, and nothing about the variant is
/// written down elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub struct About {
    /// Its name, in arguments, tables and measurements.
    pub name: &'static str,
    /// What it is, in one line.
    pub meaning: &'static str,
    /// Which memory the cores write: this decides how it looks in figures.
    pub kind: Kind,
    /// Cache lines that travel for each pair when at least two cores take turns, access by access, if
    /// that is the same with any number of cores. It is counted, so it must come out exactly.
    pub transfers_per_pair: Option<u64>,
    /// Whether a core that loses a race tries again. With n cores in step a pair then takes up to n * n
    /// accesses, so it is not counted on machines with very many cores.
    pub retries: bool,
    /// What two cores must give in relation to one. It is timed, so a busy host can miss it.
    pub two_cores: Option<Threshold>,
}

impl About {
    /// Describes a variant of which nothing is promised, and whose cores never try again.
    pub const fn new(name: &'static str, meaning: &'static str, kind: Kind) -> Self {
        Self { name, meaning, kind, transfers_per_pair: None, retries: false, two_cores: None }
    }

    /// Returns whether the count is right, however many cores count at once.
    pub const fn is_exact(&self) -> bool {
        !matches!(self.kind, Kind::Wrong)
    }
}

/// Which memory the cores write to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One word, and wrong on purpose: counts of several cores get lost.
    Wrong,
    /// The word of a lock.
    Lock,
    /// One word for all cores.
    OneWord,
    /// A word for each core, several of them in one cache line of 64 bytes.
    OneLine,
    /// A word for each core, on cache lines of 64 bytes that no other core uses.
    OwnLine,
}

/// A limit for a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// The ratio must not be higher.
    AtMost(Thousandths),
    /// The ratio must not be lower.
    AtLeast(Thousandths),
}

impl Threshold {
    /// Returns whether a ratio keeps to the limit.
    pub fn holds(self, ratio: Thousandths) -> bool {
        match self {
            Self::AtMost(limit) => ratio <= limit,
            Self::AtLeast(limit) => ratio >= limit,
        }
    }
}

impl fmt::Display for Threshold {
    /// Writes the limit with as many decimal places as asked for, or with one.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = out.precision().unwrap_or(1);
        match self {
            Self::AtMost(limit) => write!(out, "at most {limit:.places$}"),
            Self::AtLeast(limit) => write!(out, "at least {limit:.places$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn a_limit_itself_still_holds() {
        let [below, limit, above] = [1699, 1700, 1701].map(Thousandths);
        let [most, least] = [Threshold::AtMost(limit), Threshold::AtLeast(limit)];
        assert_eq!([below, limit, above].map(|ratio| most.holds(ratio)), [true, true, false]);
        assert_eq!([below, limit, above].map(|ratio| least.holds(ratio)), [false, true, true]);
        assert_eq!(most.to_string(), "at most 1.7");
        assert_eq!(least.to_string(), "at least 1.7");
        assert_eq!(
            [most, least].map(|bar| alloc::format!("{bar:.2}")),
            ["at most 1.70", "at least 1.70"]
        );
    }
}
