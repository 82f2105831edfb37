//! The bars: what must come out. A line in [`BARS`] is all that a new one needs.

use crate::everybody::c::CACHE_AWARE;
use crate::everybody::limits::{CALLED, LIMIT};
use crate::everybody::others::{
    ARC, ARC_SWAP, LEFT_RIGHT, PARKING_LOT, RUN_DOWN, RW_LOCK, SHARDED_LOCK,
};
use crate::everybody::ours::{
    ACROSS, BOXED, CONSTANT, PLAIN, POOLED, PROCESSOR, RESTARTABLE, STATIC,
};
use crate::everybody::results::{Point, Results, What};
use ladder::{Thousandths, Threshold};
use std::fmt;

/// Something that must come out.
#[derive(Debug, PartialEq, Eq)]
pub struct Bar {
    /// What is asked for.
    question: Question,
    /// Whose answer it is.
    of: Point,
    /// What it is related to.
    to: Point,
    /// What it must be.
    pub threshold: Threshold,
}

#[derive(Debug, PartialEq, Eq)]
enum Question {
    /// The cost of an operation in relation to that of another.
    Cost,
    /// How many times more of it is done in a time.
    Throughput,
}

/// All bars, in the order in which they are printed.
pub const BARS: &[Bar] = &[
    cost(CONSTANT, pair(1), LIMIT, 1080),
    cost(PROCESSOR, pair(1), LIMIT, 1120),
    // Called functions: of the limit itself these would be 1.25 and 1.30, which two calls alone may cost already.
    cost(CACHE_AWARE, pair(1), CALLED, 1100),
    cost(ACROSS, pair(1), CALLED, 1100),
    cost(POOLED, pair(1), LIMIT, 1120),
    cost(RESTARTABLE, pair(1), LIMIT, 400),
    scaling(STATIC, 1950),
    scaling(BOXED, 1950),
    scaling(CACHE_AWARE, 1950),
    ahead(BOXED, RW_LOCK, 1, 1000),
    ahead(BOXED, PARKING_LOT, 1, 1000),
    ahead(BOXED, SHARDED_LOCK, 1, 1000),
    ahead(BOXED, ARC_SWAP, 1, 1000),
    ahead(BOXED, LEFT_RIGHT, 1, 1000),
    ahead(BOXED, RUN_DOWN, 1, 1000),
    ahead(BOXED, RW_LOCK, 2, 6000),
    ahead(BOXED, PARKING_LOT, 2, 6000),
    ahead(BOXED, SHARDED_LOCK, 2, 1000),
    ahead(BOXED, ARC_SWAP, 2, 1000),
    ahead(BOXED, LEFT_RIGHT, 2, 1000),
    ahead(BOXED, RUN_DOWN, 2, 1000),
    ahead(BOXED, ARC, 2, 4000),
    cost(CONSTANT, What::Refused, LIMIT, 2500),
    cost(BOXED, What::Refused, LIMIT, 2500),
    cost(PLAIN, What::Refused, LIMIT, 2500),
    cost(BOXED, drain(1), LIMIT, 2000),
    cost(PLAIN, drain(1), LIMIT, 2000),
    cost(BOXED, drain(64), LIMIT, 1100),
    cost(BOXED, drain(256), LIMIT, 1100),
    cost(POOLED, drain(64), BOXED, 1150),
    cost(POOLED, drain(256), BOXED, 1150),
    many(POOLED, 1300),
];

const fn pair(threads: usize) -> What {
    What::Pair { threads }
}

const fn drain(slots: usize) -> What {
    What::Drain { slots }
}

/// Costs at most so many thousandths of what it costs `to`.
const fn cost(of: &'static str, what: What, to: &'static str, most: u64) -> Bar {
    let [of, to] = [Point::new(of, what), Point::new(to, what)];
    Bar { question: Question::Cost, of, to, threshold: Threshold::AtMost(Thousandths(most)) }
}

/// Costs on many objects at most so many thousandths of what it costs on one of them.
const fn many(of: &'static str, most: u64) -> Bar {
    let [of, to] = [Point::new(of, What::Many), Point::new(of, What::Single)];
    Bar { question: Question::Cost, of, to, threshold: Threshold::AtMost(Thousandths(most)) }
}

/// Does at least so many thousandths of the pairs of `to`, on as many threads.
const fn ahead(of: &'static str, to: &'static str, threads: usize, least: u64) -> Bar {
    let [of, to] = [Point::new(of, pair(threads)), Point::new(to, pair(threads))];
    let threshold = Threshold::AtLeast(Thousandths(least));
    Bar { question: Question::Throughput, of, to, threshold }
}

/// Does on 2 threads at least so many thousandths of the pairs that it does on one.
const fn scaling(of: &'static str, least: u64) -> Bar {
    let [of, to] = [Point::new(of, pair(2)), Point::new(of, pair(1))];
    let threshold = Threshold::AtLeast(Thousandths(least));
    Bar { question: Question::Throughput, of, to, threshold }
}

impl fmt::Display for Bar {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let question = match self.question {
            Question::Cost => "cost",
            Question::Throughput => "throughput",
        };
        let (of, to) = (self.of, self.to);
        if of.candidate == to.candidate {
            return write!(out, "{question}, {}: {} against {}", of.candidate, of.what, to.what);
        }
        write!(out, "{question}, {}: {} against {}", of.what, of.candidate, to.candidate)
    }
}

/// A bar, and what came out.
pub struct Judged<'a> {
    /// The bar.
    pub bar: &'a Bar,
    /// What was measured: the median; `None` if nothing was.
    pub found: Option<Thousandths>,
}

impl Judged<'_> {
    /// Returns whether it holds. What was not measured does not.
    pub fn holds(&self) -> bool {
        self.found.is_some_and(|found| self.bar.threshold.holds(found))
    }

    /// Returns the bar with what must come out, what came out, and the verdict.
    pub fn cells(&self) -> [String; 3] {
        let found = self.found.map_or("nothing".to_owned(), |found| format!("{found:.2}"));
        let verdict = if self.holds() { "holds" } else { "does not hold" };
        [format!("{}, {:.2}", self.bar, self.bar.threshold), found, verdict.to_owned()]
    }

    /// Returns the same as a line.
    pub fn line(&self) -> String {
        let [bar, found, verdict] = self.cells();
        format!("bar {verdict}: {bar}, measured {found}")
    }
}

/// Judges every bar by the medians.
pub fn judge(results: &Results) -> Vec<Judged<'static>> {
    let found = |bar: &Bar| {
        let spread = match bar.question {
            Question::Cost => results.relative(bar.of, bar.to),
            Question::Throughput => results.relative(bar.to, bar.of),
        };
        spread.map(|spread| spread.median)
    };
    BARS.iter().map(|bar| Judged { bar, found: found(bar) }).collect()
}

/// Returns the line that says how many bars do not hold, if there are any.
pub fn complaint(judged: &[Judged]) -> Option<String> {
    let failed = judged.iter().filter(|judged| !judged.holds()).count();
    (failed > 0).then(|| format!("{failed} of {} bars do not hold", judged.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::everybody::drains;
    use crate::everybody::results::Series;
    use crate::everybody::run::all;

    /// Results of two bars: what was asked of the first costs so many thousandths of the limit, and the second
    /// does so many thousandths on 2 threads.
    fn results(constant: u64, throughput: u64) -> Results {
        let one = |point, values: u64| Series { point, operations: 1, values: vec![values] };
        Results(vec![
            one(Point::new(CONSTANT, pair(1)), constant),
            one(Point::new(LIMIT, pair(1)), 1000),
            one(Point::new(STATIC, pair(1)), throughput),
            one(Point::new(STATIC, pair(2)), 1000),
        ])
    }

    #[test]
    fn every_bar_is_about_somebody_who_is_measured() {
        let names: Vec<_> = all().iter().map(|candidate| candidate.name).collect();
        for bar in BARS {
            for point in [bar.of, bar.to] {
                assert!(names.contains(&point.candidate), "{bar}");
                if let What::Drain { slots } = point.what {
                    assert!(drains::SLOTS.contains(&slots), "{bar}");
                }
            }
            assert!(bar.of != bar.to, "{bar}");
        }
        let mut lines: Vec<_> = BARS.iter().map(Bar::to_string).collect();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), BARS.len(), "a bar stands there twice");
    }

    #[test]
    fn costs_must_not_be_higher_and_throughput_not_lower() {
        let holds = |constant, throughput| {
            let judged = judge(&results(constant, throughput));
            [0, 6].map(|bar: usize| judged[bar].holds())
        };
        assert_eq!(holds(1080, 1950), [true, true]);
        assert_eq!(holds(1081, 1950), [false, true]);
        assert_eq!(holds(1080, 1949), [true, false]);
        assert_eq!(holds(500, 3000), [true, true]);
    }

    #[test]
    fn each_bar_has_a_line_with_what_was_measured() {
        let judged = judge(&results(1084, 2000));
        let line = "bar does not hold: cost, a pair on 1 thread: static (constant slot) against limit, \
                    at most 1.08, measured 1.08";
        assert_eq!(judged[0].line(), line);
        let line = "bar holds: throughput, static (ThreadSlot): a pair on 2 threads against \
                    a pair on 1 thread, at least 1.95, measured 2.00";
        assert_eq!(judged[6].line(), line);
        let line = "bar does not hold: cost, a drain of 256 slots: boxed (ThreadSlot) against limit, \
                    at most 1.10, measured nothing";
        let bar = judged.iter().position(|judged| judged.bar.of == Point::new(BOXED, drain(256)));
        assert_eq!(bar.map(|bar| judged[bar].line()).as_deref(), Some(line));
    }

    #[test]
    fn a_bar_that_does_not_hold_is_complained_about() {
        let judged = judge(&results(1000, 2000));
        let held = BARS.len() - 2;
        assert_eq!(complaint(&judged), Some(format!("{held} of {} bars do not hold", BARS.len())));
        assert_eq!(complaint(&judged[..1]), None);
        assert_eq!(complaint(&judged[..2]).as_deref(), Some("1 of 2 bars do not hold"));
    }
}
