//! How much is measured.

use crate::arguments::Arguments;

/// How often everything is measured, and how long each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Rounds.
    pub rounds: usize,
    /// Pairs of each thread in a measurement.
    pub pairs: u64,
    /// Rounds with more threads than processors.
    pub crowded_rounds: usize,
    /// Pairs of each thread there: they last longer than the system lets a thread run before it looks for
    /// another.
    pub crowded_pairs: u64,
    /// How often a drain is repeated in a measurement.
    pub drains: u64,
    /// Objects, where there are many.
    pub objects: usize,
}

impl Effort {
    /// Enough for figures that are quoted.
    pub const FULL: Self = Self {
        rounds: 401,
        pairs: 50_000,
        crowded_rounds: 15,
        crowded_pairs: 300_000,
        drains: 64,
        objects: 100_000,
    };

    /// Enough to see that it works.
    pub const QUICK: Self = Self {
        rounds: 3,
        pairs: 5_000,
        crowded_rounds: 1,
        crowded_pairs: 5_000,
        drains: 4,
        objects: 1_000,
    };

    /// As little as possible.
    #[cfg(test)]
    pub const LITTLE: Self =
        Self { rounds: 2, pairs: 50, crowded_rounds: 1, crowded_pairs: 50, drains: 1, objects: 10 };

    /// Returns what the arguments ask for. Whoever judges does not do with fewer rounds.
    pub fn of(arguments: &Arguments) -> Self {
        match (arguments.quick, arguments.check) {
            (true, true) => Self { rounds: Self::FULL.rounds, ..Self::QUICK },
            (true, false) => Self::QUICK,
            (false, _) => Self::FULL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_judges_has_all_the_rounds() {
        let effort = |args: &str| {
            let args = args.split_whitespace().map(str::to_owned);
            Effort::of(&Arguments::parse(args).unwrap().unwrap())
        };
        assert_eq!([effort(""), effort("--check")], [Effort::FULL; 2]);
        assert_eq!(effort("--quick"), Effort::QUICK);
        assert_eq!(effort("--quick --check"), Effort { rounds: 401, ..Effort::QUICK });
    }
}
