//! A run: everybody is made, and measured round by round.

use crate::everybody::candidate::{Candidate, Host, Made};
use crate::everybody::conditions::{self, Conditions};
use crate::everybody::effort::Effort;
use crate::everybody::results::{Point, Results, Series, Timed, What, rounds};
use crate::everybody::{c, drains, limits, many, others, ours};
use crate::race::Team;

/// A run: everybody, and what was measured.
pub struct Run {
    /// Everybody, in the order of the tables, also those who are not installed.
    pub candidates: Vec<Candidate>,
    /// The numbers of threads, in ascending order; the last is more than processors.
    pub threads: Vec<usize>,
    /// What was measured.
    pub results: Results,
    /// Where, and how.
    pub conditions: Conditions,
}

/// Returns everybody, in the order of the tables.
pub fn all() -> Vec<Candidate> {
    [&[limits::CANDIDATE, limits::IN_FUNCTIONS], ours::ALL, c::ALL, others::ALL].concat()
}

/// Returns how many threads the last measurement has.
pub fn crowd(processors: usize) -> usize {
    2 * processors
}

/// Measures everybody. `threads`: the numbers of threads up to one for each processor; the team has
/// [`crowd`] threads.
pub fn measure(effort: &Effort, threads: &[usize], team: &Team) -> Run {
    let processors = threads[threads.len() - 1];
    let crowd = crowd(processors);
    let host = Host { slots: processors, threads: crowd };
    let candidates = all();
    let made: Vec<(&'static str, Made)> =
        candidates.iter().filter_map(|one| Some((one.name, (one.make)(host)?))).collect();
    let pairs =
        |threads, pairs| made.iter().filter_map(move |made| pair(team, made, threads, pairs));
    let mut timed: Vec<Timed> =
        threads.iter().flat_map(|&threads| pairs(threads, effort.pairs)).collect();
    timed.extend(made.iter().filter_map(|made| refused(team, made, effort.pairs)));
    timed.extend(drains::timed(team, effort.drains));
    timed.extend(many::timed(team, effort.objects, processors));
    let crowded: Vec<Timed> = pairs(crowd, effort.crowded_pairs).collect();
    let mut all = rounds(&timed, effort.rounds);
    all.extend(rounds(&crowded, effort.crowded_rounds));
    all.extend(made.iter().map(|(name, made)| bytes(name, made)));
    drop((timed, crowded));
    let threads = threads.iter().copied().chain([crowd]).collect();
    Run { candidates, threads, results: Results(all), conditions: conditions::of(effort) }
}

/// Times the pairs of a candidate, if so many threads may use it at once.
fn pair<'a>(
    team: &'a Team,
    (candidate, made): &'a (&'static str, Made),
    threads: usize,
    pairs: u64,
) -> Option<Timed<'a>> {
    (threads == 1 || !made.alone).then(|| Timed {
        point: Point::new(candidate, What::Pair { threads }),
        operations: pairs * threads as u64,
        run: Box::new(move || team.race(threads, |number| (made.pairs)(number, pairs))),
    })
}

/// Times the refusals of a candidate, if it has any.
fn refused<'a>(
    team: &'a Team,
    (candidate, made): &'a (&'static str, Made),
    count: u64,
) -> Option<Timed<'a>> {
    let refused = made.refused.as_ref()?;
    Some(Timed {
        point: Point::new(candidate, What::Refused),
        operations: count,
        run: Box::new(move || team.race(1, |_| refused(count))),
    })
}

/// Returns the bytes of an object of a candidate.
fn bytes(candidate: &'static str, made: &Made) -> Series {
    let point = Point::new(candidate, What::Memory);
    Series { point, operations: 1, values: vec![made.bytes] }
}

#[cfg(test)]
mod tests;
