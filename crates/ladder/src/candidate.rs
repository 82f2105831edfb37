//! The measurements of a variant, and how n cores compare with one.
//!
//! Candidates are measured in turn: each round measures every one of them on every number of cores, so
//! that a change of the host's speed affects all of them. A ratio compares two measurements of one round
//! and one variant, which are next to each other in time; the median of the ratios counts.

use crate::numbers::{Spread, Thousandths, wide_ratio};
use crate::variant::Variant;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A variant and its measurements.
pub struct Candidate {
    /// The variant.
    pub variant: Box<dyn Variant>,
    /// In ascending order of cores, one core first.
    pub measured: Vec<Measured>,
}

/// What was measured on one number of cores.
#[derive(Debug)]
pub struct Measured {
    /// How many cores.
    pub cores: usize,
    /// Pairs that each of them does in a round.
    pub pairs: u64,
    /// How far the count was from right after each round, in sum.
    pub off_by: u64,
    /// How long each round took, in ticks of the caller's clock.
    ticks: Vec<u64>,
}

impl Candidate {
    /// Returns a candidate without measurements. `cores` is in ascending order and begins with 1; n cores
    /// are to do `pairs(n)` pairs each.
    pub fn new(variant: Box<dyn Variant>, cores: &[usize], pairs: impl Fn(usize) -> u64) -> Self {
        let measured =
            |&cores: &usize| Measured { cores, pairs: pairs(cores), off_by: 0, ticks: Vec::new() };
        Self { variant, measured: cores.iter().map(measured).collect() }
    }

    /// Measures each number of cores once. `race` has so many cores do so many pairs each, and returns
    /// the ticks that it took.
    pub fn round(&mut self, race: impl Fn(&dyn Variant, usize, u64) -> u64) {
        for one in &mut self.measured {
            one.ticks.push(race(&*self.variant, one.cores, one.pairs));
            one.off_by += self.variant.reset().unsigned_abs();
        }
    }

    /// Returns the throughput of several cores in relation to one core, in each round.
    pub fn relative_to_one(&self, several: &Measured) -> Spread<Thousandths> {
        let one = &self.measured[0];
        let ratios = several.ticks.iter().zip(&one.ticks).map(|(&ticks, &ticks_of_one)| {
            // (pairs of all / ticks) / (pairs of one / ticks of one)
            wide_ratio(
                several.all_pairs() * u128::from(ticks_of_one),
                one.all_pairs() * u128::from(ticks),
            )
        });
        Spread::of(ratios).unwrap_or_default()
    }

    /// Returns how far several cores were from right, in sum.
    pub fn lost_by_several(&self) -> u64 {
        self.measured[1..].iter().map(|one| one.off_by).sum()
    }

    /// Returns how far counts were from right that must be right: all of them, or those of one core alone
    /// if the variant is wrong on purpose.
    pub fn wrong_by(&self) -> u64 {
        let several = if self.variant.about().is_exact() { self.lost_by_several() } else { 0 };
        self.measured[0].off_by + several
    }

    /// Returns a line about counts that are wrong and must be right.
    pub fn complaint(&self) -> Option<String> {
        let wrong_by = self.wrong_by();
        (wrong_by > 0).then(|| format!("{} is off by {wrong_by}", self.variant.name()))
    }
}

impl Measured {
    /// Returns the pairs a second of all cores together; the median of the rounds.
    pub fn pairs_per_second(&self, ticks_per_second: u64) -> u64 {
        let ticks = Spread::of(self.ticks.iter().copied()).map_or(1, |spread| spread.median);
        (self.all_pairs() * u128::from(ticks_per_second) / u128::from(ticks)) as u64
    }

    /// Returns the nanoseconds from one pair of a core to its next; the median of the rounds.
    pub fn nanoseconds_per_pair(&self, ticks_per_second: u64) -> Thousandths {
        let each = u128::from(self.pairs) * u128::from(ticks_per_second);
        let times =
            self.ticks.iter().map(|&ticks| wide_ratio(u128::from(ticks) * 1_000_000_000, each));
        Spread::of(times).unwrap_or_default().median
    }

    /// Returns the pairs of all cores together in a round.
    fn all_pairs(&self) -> u128 {
        u128::from(self.pairs) * self.cores as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::about::About;
    use crate::variant::{Platform, Words};
    use crate::variants;

    struct OneCore;

    impl Platform for OneCore {
        type Slot = OneCore;
        type Relax = spin::Spin;
    }

    impl rundown::CurrentSlot for OneCore {
        fn current_slot() -> usize {
            0
        }
    }

    /// A candidate that took so many ticks on one core and on two, in rounds of 1000 pairs a core.
    fn candidate(ticks: [[u64; 3]; 2]) -> Candidate {
        let mut candidate = Candidate::new(variants::shared::make::<OneCore>(2), &[1, 2], |_| 1000);
        (0..3).for_each(|round| candidate.round(|_, cores, _| ticks[cores - 1][round]));
        candidate
    }

    /// Is two short after every round.
    struct TwoShort(Box<dyn Variant>);

    impl Variant for TwoShort {
        fn about(&self) -> &'static About {
            self.0.about()
        }

        fn pairs(&self, core: usize, count: u64) {
            self.0.pairs(core, count);
        }

        fn reset(&self) -> i64 {
            -2
        }

        fn words(&self) -> Words {
            self.0.words()
        }
    }

    #[test]
    fn what_each_round_is_short_of_is_summed() {
        let short = Box::new(TwoShort(variants::shared::make::<OneCore>(2)));
        let mut candidate = Candidate::new(short, &[1, 2], |_| 10);
        (0..3).for_each(|_| candidate.round(|_, _, _| 1));
        assert_eq!(candidate.lost_by_several(), 6);
        assert_eq!(candidate.wrong_by(), 12);
    }

    #[test]
    fn ratios_are_those_of_one_round() {
        let candidate = candidate([[10_000, 20_000, 30_000], [10_000, 80_000, 30_000]]);
        let [one, two] = [0, 1].map(|index| &candidate.measured[index]);
        let spread = Spread {
            median: Thousandths(2000),
            lowest: Thousandths(500),
            highest: Thousandths(2000),
        };
        assert_eq!(candidate.relative_to_one(two), spread);
        assert_eq!(candidate.relative_to_one(one).lowest, Thousandths(1000));
        assert_eq!(one.nanoseconds_per_pair(1_000_000_000), Thousandths(20_000));
        assert_eq!(one.nanoseconds_per_pair(500_000_000), Thousandths(40_000));
        assert_eq!(two.pairs_per_second(1_000_000_000), 66_666_666);
    }

    #[test]
    fn more_pairs_on_one_core_do_not_change_the_ratio() {
        let mut candidate =
            Candidate::new(variants::shared::make::<OneCore>(2), &[1, 2], |cores| {
                1000 / cores as u64
            });
        candidate.round(|_, _, pairs| 20 * pairs);
        assert_eq!(candidate.relative_to_one(&candidate.measured[1]).median, Thousandths(2000));
    }

    #[test]
    fn counts_that_must_be_right_are_complained_about() {
        let mut candidate = candidate([[1; 3]; 2]);
        assert_eq!(candidate.complaint(), None);
        candidate.measured[1].off_by = 3;
        assert_eq!(candidate.complaint().as_deref(), Some("shared is off by 3"));
        candidate.variant = variants::racy::make::<OneCore>(2);
        assert_eq!(candidate.complaint(), None, "racy may be wrong on two cores");
        assert_eq!(candidate.lost_by_several(), 3);
        candidate.measured[0].off_by = 1;
        assert_eq!(candidate.complaint().as_deref(), Some("racy is off by 1"), "but not on one");
        assert_eq!(candidate.lost_by_several(), 3, "one core is not several");
    }
}
