//! All measurements, round by round.

use crate::arguments::Arguments;
use crate::race;
use crate::variants::{self, ThisThread};
use ladder::{Candidate, DrainTime, Drains, SLOTS};
use std::time::Instant;

/// Ticks a second of the clock that everything here is measured by.
pub const NANOSECONDS: u64 = 1_000_000_000;

/// Measures every variant with 1, 2, 4, ... threads, up to one for each processor.
pub fn measure(arguments: &Arguments, processors: usize) -> Vec<Candidate> {
    let mut threads: Vec<usize> =
        (0..).map(|power| 1 << power).take_while(|&threads| threads < processors).collect();
    threads.push(processors);
    let mut candidates: Vec<Candidate> = variants::all(processors)
        .into_iter()
        .map(|variant| Candidate::new(variant, &threads, |_| arguments.pairs))
        .collect();
    for _ in 0..arguments.rounds {
        candidates.iter_mut().for_each(|candidate| candidate.round(race::race));
    }
    candidates
}

/// Measures drains of idle objects, on this thread.
pub fn drains(arguments: &Arguments) -> Vec<DrainTime> {
    let start = Instant::now();
    let now = || start.elapsed().as_nanos() as u64;
    let objects = SLOTS.map(|slots| (slots, Drains::<ThisThread>::new(slots), Vec::new()));
    let mut objects: Vec<_> = objects.into();
    for _ in 0..arguments.rounds {
        for (_, objects, times) in &mut objects {
            let time = objects.time(now, NANOSECONDS);
            times.push(time.expect("idle objects are run down at once"));
        }
    }
    objects.iter().map(|(slots, _, times)| DrainTime::of(*slots, times)).collect()
}
