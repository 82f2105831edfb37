//! What `mode=time` measures: a variant on several numbers of cores, and the drain of an object.

use crate::arguments::Arguments;
use crate::barrier;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ladder::{Drains, Rung, Spread, Thousandths, ratio};
use machine::arch::time;
use machine::smp::protection::ThisCore;
use machine::testing::ktap::{Ktap, equal, holds};

/// Pairs of all cores together in one measurement, if `pairs=` does not say how many a core does: some
/// milliseconds of work, against some tenths of one that it takes to wake 64 cores.
const PAIRS: u64 = 300_000;
/// Pairs a core, in millions, in the rounds that `racy` gets in addition if it has not lost a count yet:
/// more in each, as on a busy host two cores may not meet in the time that a few take. They count in
/// `off_by` only.
const MORE_MILLIONS: [u64; 7] = [1, 2, 4, 8, 16, 32, 64];

/// What was measured of a variant on a number of cores.
pub struct Measured {
    /// How many cores.
    pub cores: usize,
    /// Pairs that each has done, a round.
    pub pairs: u64,
    /// How long each round took, in ticks.
    ticks: Vec<u64>,
    /// How far the final count was from right, summed over the rounds.
    pub off_by: u64,
}

/// A variant and everything that was measured of it.
pub struct Candidate {
    /// The variant.
    pub variant: Box<dyn Rung>,
    /// In ascending order of cores, one core first.
    pub measured: Vec<Measured>,
}

impl Candidate {
    /// Makes a candidate of which nothing was measured yet.
    pub fn new(variant: Box<dyn Rung>, arguments: &Arguments) -> Self {
        let pairs = |cores: usize| arguments.pairs.unwrap_or((PAIRS / cores as u64).max(1));
        let measured = arguments.cores.iter().map(|&cores| Measured {
            cores,
            pairs: pairs(cores),
            ticks: Vec::new(),
            off_by: 0,
        });
        Self { variant, measured: measured.collect() }
    }

    /// Measures one round on each number of cores.
    pub fn round(&mut self) {
        for Measured { cores, pairs, ticks, off_by } in &mut self.measured {
            ticks.push(barrier::race(&*self.variant, *cores, *pairs));
            *off_by += self.variant.settle().unsigned_abs();
        }
    }

    /// Reports a test: counts are right, or for `racy`, wrong where cores run on their own.
    pub fn judge(&mut self, ktap: &mut Ktap, on_their_own: bool) {
        let name = self.variant.name();
        let alone = self.measured[0].off_by;
        let several = |these: &Self| these.measured[1..].iter().map(|one| one.off_by).sum::<u64>();
        if self.variant.is_exact() {
            let off_by = alone + several(self);
            return ktap.test(&format!("{name}: counts are right"), || equal("off by", off_by, 0));
        }
        let can_lose = on_their_own && self.measured.len() > 1;
        for millions in MORE_MILLIONS {
            if several(self) > 0 || !can_lose {
                break;
            }
            barrier::race(&*self.variant, self.measured[1].cores, millions * 1_000_000);
            self.measured[1].off_by += self.variant.settle().unsigned_abs();
        }
        let lost = several(self) > 0;
        let what = match lost || can_lose {
            true => "loses counts",
            false => "where cores take turns there is nothing to show",
        };
        ktap.test(&format!("{name}: {what}"), || {
            equal("off by, on one core", alone, 0)?;
            holds("counts are lost on several cores", lost || !can_lose)
        });
    }

    /// Returns the throughput with so many cores in relation to one core, in each round.
    pub fn relative_to_one(&self, measured: &Measured) -> Spread<Thousandths> {
        let one = &self.measured[0];
        let ratios = measured.ticks.iter().zip(&one.ticks).map(|(&ticks, &ticks_of_one)| {
            // (pairs of all / ticks) / (pairs of one / ticks of one)
            let done = measured.pairs * measured.cores as u64;
            ratio(done * ticks_of_one, one.pairs * ticks)
        });
        Spread::of(ratios).unwrap_or_default()
    }
}

impl Measured {
    /// Returns the pairs a second, of all cores together; the median of the rounds.
    pub fn pairs_per_second(&self) -> u64 {
        let ticks = Spread::of(self.ticks.iter().copied()).map_or(1, |spread| spread.median);
        let done = u128::from(self.pairs) * self.cores as u128;
        (done * u128::from(time::frequency()) / u128::from(ticks)) as u64
    }
}

/// How long the drain of an idle, warm object takes.
pub struct DrainTime {
    /// How many slots it has.
    pub slots: usize,
    /// In nanoseconds.
    pub nanoseconds: Spread<u64>,
}

impl DrainTime {
    /// Measures the drain of an object with so many slots.
    pub fn measure(slots: usize, rounds: u64) -> Result<Self, String> {
        let objects = Drains::<ThisCore>::new(slots);
        let mut run_down = objects.drain(); // not timed: QEMU has to translate the code
        let mut times = Vec::new();
        for _ in 0..rounds {
            objects.revive();
            let start = time::now();
            run_down += objects.drain();
            times.push(time::nanoseconds(time::now() - start) / objects.count() as u64);
        }
        let expected = objects.count() * (1 + rounds as usize);
        equal(format!("objects of {slots} slots that are run down"), run_down, expected)?;
        Ok(Self { slots, nanoseconds: Spread::of(times).unwrap_or_default() })
    }
}
