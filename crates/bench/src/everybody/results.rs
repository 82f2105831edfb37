//! What was measured, and how one thing compares with another.

use crate::everybody::limits::LIMIT;
use ladder::{Spread, Thousandths, ratio};
use std::fmt;

/// What is measured of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An acquire and a release of one object, by so many threads at once.
    Pair {
        /// How many threads.
        threads: usize,
    },
    /// An acquire of an object that is run down.
    Refused,
    /// The run-down of an idle object.
    Drain {
        /// How many slots it has.
        slots: usize,
    },
    /// A pair on one of many objects, in random order.
    Many,
    /// The same, in the same loop, always on the same object.
    Single,
    /// The bytes of an object.
    Memory,
}

impl fmt::Display for What {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pair { threads: 1 } => out.write_str("a pair on 1 thread"),
            Self::Pair { threads } => write!(out, "a pair on {threads} threads"),
            Self::Refused => out.write_str("a refused acquire"),
            Self::Drain { slots: 1 } => out.write_str("a drain of 1 slot"),
            Self::Drain { slots } => write!(out, "a drain of {slots} slots"),
            Self::Many => out.write_str("a pair on many objects"),
            Self::Single => out.write_str("a pair on one object"),
            Self::Memory => out.write_str("the bytes of an object"),
        }
    }
}

/// What is measured, and of whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The name of the candidate.
    pub candidate: &'static str,
    /// What is measured of it.
    pub what: What,
}

impl Point {
    /// Names what is measured.
    pub const fn new(candidate: &'static str, what: What) -> Self {
        Self { candidate, what }
    }

    /// Returns what its cost is related to: the same of the limit, or the pairs on one object.
    pub fn base(self) -> Self {
        match self.what {
            What::Many | What::Single => Self { what: What::Single, ..self },
            _ => Self { candidate: LIMIT, ..self },
        }
    }
}

/// The measurements of one thing, a value a round.
#[derive(Debug)]
pub struct Series {
    /// What was measured.
    pub point: Point,
    /// How many of it there are in a value: pairs of all threads together, drains, ...
    pub operations: u64,
    /// Nanoseconds, or bytes.
    pub values: Vec<u64>,
}

impl Series {
    /// Returns what one operation costs; the median of the rounds.
    pub fn each(&self) -> Thousandths {
        let each = self.values.iter().map(|&value| ratio(value, self.operations));
        Spread::of(each).unwrap_or_default().median
    }

    /// Returns the cost of one operation in relation to one of `base`, round by round.
    pub fn relative_to(&self, base: &Self) -> Spread<Thousandths> {
        let rounds = self.values.iter().zip(&base.values);
        let ratios = rounds
            .map(|(&value, &of_base)| ratio(value * base.operations, of_base * self.operations));
        Spread::of(ratios).unwrap_or_default()
    }
}

/// All that was measured in a run.
#[derive(Debug, Default)]
pub struct Results(pub Vec<Series>);

impl Results {
    /// Returns the measurements of one thing, if there are any.
    pub fn find(&self, point: Point) -> Option<&Series> {
        self.0.iter().find(|series| series.point == point)
    }

    /// Returns the cost of one thing in relation to another, if both were measured.
    pub fn relative(&self, point: Point, base: Point) -> Option<Spread<Thousandths>> {
        Some(self.find(point)?.relative_to(self.find(base)?))
    }
}

/// Something that is measured again and again.
pub struct Timed<'a> {
    /// What it is.
    pub point: Point,
    /// How many operations `run` does.
    pub operations: u64,
    /// Does them, and returns what they cost.
    pub run: Box<dyn Fn() -> u64 + 'a>,
}

/// Measures everything once a round, so that whatever else the host does affects all of it.
pub fn rounds(timed: &[Timed], rounds: usize) -> Vec<Series> {
    let series = |timed: &Timed| Series {
        point: timed.point,
        operations: timed.operations,
        values: Vec::new(),
    };
    let mut all: Vec<Series> = timed.iter().map(series).collect();
    for _ in 0..rounds {
        for (series, timed) in all.iter_mut().zip(timed) {
            series.values.push((timed.run)());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    const ONE: Point = Point::new("one", What::Refused);
    const OTHER: Point = Point::new("other", What::Refused);

    fn series(point: Point, operations: u64, values: &[u64]) -> Series {
        Series { point, operations, values: values.to_vec() }
    }

    #[test]
    fn ratios_are_those_of_one_operation_in_one_round() {
        let one = series(ONE, 10, &[100, 200, 300]);
        let other = series(OTHER, 20, &[100, 800, 600]);
        assert_eq!([one.each(), other.each()], [20_000, 30_000].map(Thousandths));
        let spread = one.relative_to(&other);
        assert_eq!(
            [spread.lowest, spread.median, spread.highest],
            [500, 1000, 2000].map(Thousandths)
        );
    }

    #[test]
    fn only_what_was_measured_is_compared() {
        let results = Results(vec![series(ONE, 1, &[3]), series(OTHER, 1, &[2])]);
        let ratio = |point, base| results.relative(point, base).map(|spread| spread.median);
        assert_eq!(ratio(ONE, OTHER), Some(Thousandths(1500)));
        let third = Point::new("one", What::Many);
        assert_eq!([ratio(ONE, third), ratio(third, ONE)], [None, None]);
    }

    #[test]
    fn all_is_related_to_the_limit_but_many_objects_to_one() {
        assert_eq!(ONE.base(), Point::new(LIMIT, What::Refused));
        let single = Point::new("one", What::Single);
        assert_eq!([Point::new("one", What::Many), single].map(Point::base), [single; 2]);
    }

    #[test]
    fn every_round_measures_everything_in_turn() {
        let calls = RefCell::new(Vec::new());
        let run = |point: Point, cost: u64| Timed {
            point,
            operations: cost,
            run: Box::new({
                let calls = &calls;
                move || {
                    calls.borrow_mut().push(point.candidate);
                    cost
                }
            }),
        };
        let timed = [run(ONE, 5), run(OTHER, 6)];
        let all = rounds(&timed, 2);
        assert_eq!(*calls.borrow(), ["one", "other", "one", "other"]);
        let told = all.iter().map(|one| (one.point, one.operations, one.values.clone()));
        assert_eq!(told.collect::<Vec<_>>(), [(ONE, 5, vec![5, 5]), (OTHER, 6, vec![6, 6])]);
    }

    #[test]
    fn everything_that_is_measured_has_words() {
        let words = |what: What| what.to_string();
        assert_eq!(words(What::Pair { threads: 1 }), "a pair on 1 thread");
        assert_eq!(words(What::Pair { threads: 2 }), "a pair on 2 threads");
        assert_eq!(words(What::Drain { slots: 1 }), "a drain of 1 slot");
        assert_eq!(words(What::Drain { slots: 64 }), "a drain of 64 slots");
        assert_eq!(words(What::Refused), "a refused acquire");
        assert_eq!(words(What::Many), "a pair on many objects");
        assert_eq!(words(What::Single), "a pair on one object");
        assert_eq!(words(What::Memory), "the bytes of an object");
    }
}
