//! The bars: what must come out. A line in [`BARS`] is all that a new one needs.
//!
//! Some are about more than the form: how two threads share a host, what calls cost, how large the caches are. Where
//! a host does not let the limit itself meet such a bar, it is judged against what the limit came to there.

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
    /// The same comparison for the limit, where the host has a part in it.
    floor: Option<[Point; 2]>,
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
    called(CACHE_AWARE, 1250),
    called(ACROSS, 1300),
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
    let threshold = Threshold::AtMost(Thousandths(most));
    Bar { question: Question::Cost, of, to, threshold, floor: None }
}

/// A pair of called functions costs at most so many thousandths of the limit's.
const fn called(of: &'static str, most: u64) -> Bar {
    let floor = Some([Point::new(CALLED, pair(1)), Point::new(LIMIT, pair(1))]);
    Bar { floor, ..cost(of, pair(1), LIMIT, most) }
}

/// Costs on many objects at most so many thousandths of what it costs on one of them.
const fn many(of: &'static str, most: u64) -> Bar {
    let [of, to] = [Point::new(of, What::Many), Point::new(of, What::Single)];
    let floor = Some([Point::new(LIMIT, What::Many), Point::new(LIMIT, What::Single)]);
    let threshold = Threshold::AtMost(Thousandths(most));
    Bar { question: Question::Cost, of, to, threshold, floor }
}

/// Does at least so many thousandths of the pairs of `to`, on as many threads.
const fn ahead(of: &'static str, to: &'static str, threads: usize, least: u64) -> Bar {
    let [of, to] = [Point::new(of, pair(threads)), Point::new(to, pair(threads))];
    let threshold = Threshold::AtLeast(Thousandths(least));
    Bar { question: Question::Throughput, of, to, threshold, floor: None }
}

/// Does on 2 threads at least so many thousandths of the pairs that it does on one.
const fn scaling(of: &'static str, least: u64) -> Bar {
    let [of, to] = [Point::new(of, pair(2)), Point::new(of, pair(1))];
    let threshold = Threshold::AtLeast(Thousandths(least));
    let floor = Some([Point::new(LIMIT, pair(2)), Point::new(LIMIT, pair(1))]);
    Bar { question: Question::Throughput, of, to, threshold, floor }
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

/// By how much a form may differ from the limit, in thousandths, where that is what it is judged against.
const NEAR: u64 = 1100;

/// A bar, and what came out.
pub struct Judged<'a> {
    /// The bar.
    pub bar: &'a Bar,
    /// What was measured: the median; `None` if nothing was.
    pub found: Option<Thousandths>,
    /// What the limit came to.
    floor: Option<Thousandths>,
}

/// What is said of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// The limit does not meet it on this host, and the form is as good as the limit.
    AsTheLimit(Thousandths),
    /// It does not hold.
    Fails,
}

impl Judged<'_> {
    /// Returns the verdict. What was not measured fails.
    pub fn verdict(&self) -> Verdict {
        let Some(found) = self.found else { return Verdict::Fails };
        if self.bar.threshold.holds(found) {
            return Verdict::Holds;
        }
        match self.floor {
            Some(floor) if !self.bar.threshold.holds(floor) && self.near(found, floor) => {
                Verdict::AsTheLimit(floor)
            }
            _ => Verdict::Fails,
        }
    }

    fn near(&self, found: Thousandths, floor: Thousandths) -> bool {
        let (more, less) = match self.bar.question {
            Question::Cost => (found, floor),
            Question::Throughput => (floor, found),
        };
        more.0 * 1000 <= less.0 * NEAR
    }

    /// Returns the bar with what must come out, what came out, and the verdict.
    pub fn cells(&self) -> [String; 3] {
        let found = self.found.map_or("nothing".to_owned(), |found| format!("{found:.2}"));
        let verdict = match self.verdict() {
            Verdict::Holds => "holds".to_owned(),
            Verdict::AsTheLimit(floor) => format!("as the limit, {floor:.2} here"),
            Verdict::Fails => "does not hold".to_owned(),
        };
        [format!("{}, {:.2}", self.bar, self.bar.threshold), found, verdict]
    }

    /// Returns the same as a line.
    pub fn line(&self) -> String {
        let [bar, found, verdict] = self.cells();
        format!("bar {verdict}: {bar}, measured {found}")
    }
}

/// Judges every bar by the medians.
pub fn judge(results: &Results) -> Vec<Judged<'static>> {
    let found = |bar: &Bar, [of, to]: [Point; 2]| {
        let spread = match bar.question {
            Question::Cost => results.relative(of, to),
            Question::Throughput => results.relative(to, of),
        };
        spread.map(|spread| spread.median)
    };
    let judge = |bar: &'static Bar| Judged {
        bar,
        found: found(bar, [bar.of, bar.to]),
        floor: bar.floor.and_then(|floor| found(bar, floor)),
    };
    BARS.iter().map(judge).collect()
}

/// Returns the line that says how many bars do not hold, if there are any.
pub fn complaint(judged: &[Judged]) -> Option<String> {
    let failed = judged.iter().filter(|judged| judged.verdict() == Verdict::Fails).count();
    (failed > 0).then(|| format!("{failed} of {} bars do not hold", judged.len()))
}

#[cfg(test)]
mod tests;
