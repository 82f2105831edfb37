//! All measurements, round by round.

use crate::arguments::Arguments;
use crate::candidates::{self, ThisThread};
use crate::race;
use ladder::{Drains, Rung, SLOTS, Spread, Thousandths, ratio};
use std::time::{Duration, Instant};

/// What was measured of a rung on a number of threads.
#[derive(Debug)]
pub struct Measured {
    /// How many threads.
    pub threads: usize,
    /// How long each round took.
    times: Vec<Duration>,
    /// How far the final count was from right, summed over the rounds.
    pub off_by: u64,
}

/// Everything about a rung.
pub struct Candidate {
    /// The rung.
    pub rung: Box<dyn Rung>,
    /// Pairs a thread in each measurement.
    pub pairs: u64,
    /// In ascending order of threads, one thread first.
    pub measured: Vec<Measured>,
}

/// What the drain of an idle, warm object costs.
#[derive(Debug)]
pub struct DrainTime {
    /// How many slots it has.
    pub slots: usize,
    /// In picoseconds.
    pub picoseconds: Spread<u64>,
    /// Times that it was measured.
    pub rounds: usize,
}

/// Measures every candidate with 1, 2, 4, ... threads, up to one for each processor.
pub fn measure(arguments: &Arguments, processors: usize) -> Vec<Candidate> {
    let mut threads: Vec<usize> =
        (0..).map(|power| 1 << power).take_while(|&threads| threads < processors).collect();
    threads.push(processors);
    let mut all: Vec<Candidate> = candidates::all(processors)
        .into_iter()
        .map(|rung| Candidate::new(rung, arguments.pairs, &threads))
        .collect();
    for _ in 0..arguments.rounds {
        all.iter_mut().for_each(Candidate::round);
    }
    all
}

impl Candidate {
    fn new(rung: Box<dyn Rung>, pairs: u64, threads: &[usize]) -> Self {
        let measured = |&threads| Measured { threads, times: Vec::new(), off_by: 0 };
        Self { rung, pairs, measured: threads.iter().map(measured).collect() }
    }

    fn round(&mut self) {
        for one in &mut self.measured {
            one.times.push(race::race(&*self.rung, one.threads, self.pairs));
            one.off_by += self.rung.settle().unsigned_abs();
        }
    }

    /// Throughput with so many threads in relation to one, in each round.
    pub fn relative_to_one(&self, measured: &Measured) -> Spread<Thousandths> {
        let alone = &self.measured[0].times;
        let ratios = measured.times.iter().zip(alone).map(|(time, alone)| {
            ratio(measured.threads as u64 * alone.as_nanos() as u64, time.as_nanos() as u64)
        });
        Spread::of(ratios).unwrap_or_default()
    }

    /// Nanoseconds from one pair of a thread to its next, in thousandths; the median of the rounds.
    pub fn nanoseconds(&self, measured: &Measured) -> Thousandths {
        let times = measured.times.iter().map(|time| ratio(time.as_nanos() as u64, self.pairs));
        Spread::of(times).unwrap_or_default().median
    }

    /// Says so if counts are wrong that must be right.
    pub fn complaint(&self) -> Option<String> {
        let several = if self.rung.is_exact() { &self.measured[..] } else { &self.measured[..1] };
        let off_by: u64 = several.iter().map(|one| one.off_by).sum();
        (off_by > 0).then(|| format!("{} is off by {off_by}", self.rung.name()))
    }
}

/// Measures drains of idle, warm objects, on this thread.
pub fn drains(arguments: &Arguments) -> Vec<DrainTime> {
    let objects: Vec<_> = SLOTS.iter().map(|&slots| Drains::<ThisThread>::new(slots)).collect();
    let mut times = vec![Vec::new(); SLOTS.len()];
    for _ in 0..arguments.rounds {
        for (objects, times) in objects.iter().zip(&mut times) {
            let start = Instant::now();
            let run_down = objects.drain();
            let took = start.elapsed();
            assert_eq!(run_down, objects.count(), "idle objects are run down at once");
            times.push(took.as_nanos() as u64 * 1000 / run_down as u64);
            objects.revive();
        }
    }
    let spread = |(&slots, times): (&usize, Vec<u64>)| DrainTime {
        slots,
        rounds: times.len(),
        picoseconds: Spread::of(times).unwrap_or_default(),
    };
    SLOTS.iter().zip(times).map(spread).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(times: [[u64; 3]; 2]) -> Candidate {
        let rung = candidates::all(2).remove(4);
        let mut candidate = Candidate::new(rung, 1000, &[1, 2]);
        for (measured, times) in candidate.measured.iter_mut().zip(times) {
            measured.times = times.map(Duration::from_nanos).into();
        }
        candidate
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
        assert_eq!(candidate.nanoseconds(one), Thousandths(20_000));
    }

    #[test]
    fn wrong_counts_are_told() {
        let mut candidate = candidate([[1; 3]; 2]);
        assert_eq!(candidate.complaint(), None);
        candidate.measured[1].off_by = 3;
        assert_eq!(candidate.complaint().as_deref(), Some("shared is off by 3"));
        candidate.rung = candidates::all(2).remove(0);
        assert_eq!(candidate.complaint(), None, "racy may be wrong on two threads");
        candidate.measured[0].off_by = 1;
        assert!(candidate.complaint().is_some(), "but not on one");
    }
}
