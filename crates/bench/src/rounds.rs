//! All measurements, round by round.

use crate::arguments::Arguments;
use crate::variants::{self, ThisThread};
use ladder::{Candidate, DrainTime, Drains, SLOTS, Variant};
use std::time::Instant;

/// Ticks a second of the clock that everything here is measured by.
pub const NANOSECONDS: u64 = 1_000_000_000;

/// Returns the numbers of threads that are measured: 1, 2, 4, ..., up to one for each processor.
pub fn doubling(processors: usize) -> Vec<usize> {
    let powers = (0..usize::BITS).map(|power| 1 << power);
    powers.take_while(|&threads| threads < processors).chain([processors]).collect()
}

/// Measures every variant with each of these numbers of threads, in ascending order. `race` is one measurement:
/// it returns the nanoseconds that so many threads take for so many pairs each.
pub fn measure(
    arguments: &Arguments,
    threads: &[usize],
    race: impl Fn(&dyn Variant, usize, u64) -> u64,
) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = variants::all(threads[threads.len() - 1])
        .into_iter()
        .map(|variant| Candidate::new(variant, threads, |_| arguments.pairs))
        .collect();
    for _ in 0..arguments.rounds {
        candidates.iter_mut().for_each(|candidate| candidate.round(&race));
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    const FEW: Arguments =
        Arguments { rounds: 2, pairs: 10, quick: false, check: false, write: false };

    #[test]
    fn the_threads_double_up_to_one_for_each_processor() {
        for (processors, threads) in
            [(1, &[1][..]), (2, &[1, 2]), (3, &[1, 2, 3]), (4, &[1, 2, 4]), (5, &[1, 2, 4, 5])]
        {
            assert_eq!(doubling(processors), threads);
            for candidate in measure(&Arguments { rounds: 0, ..FEW }, threads, |_, _, _| 1) {
                let counts = candidate.measured.iter().map(|one| one.cores);
                assert_eq!(counts.collect::<Vec<_>>(), threads);
            }
        }
    }

    #[test]
    fn each_round_measures_every_variant_with_every_number_of_threads() {
        let races = RefCell::new(Vec::new());
        let measured = measure(&FEW, &[1, 2], |variant, threads, pairs| {
            races.borrow_mut().push((variant.name(), threads, pairs));
            500 * threads as u64
        });
        let names = variants::all(1).into_iter().map(|variant| variant.name());
        let round: Vec<_> = names.flat_map(|name| [(name, 1, 10), (name, 2, 10)]).collect();
        assert_eq!(races.into_inner(), [round.clone(), round].concat());
        for one in measured.iter().flat_map(|candidate| &candidate.measured) {
            let nanoseconds = one.nanoseconds_per_pair(NANOSECONDS);
            assert_eq!(nanoseconds.0, 50_000 * one.cores as u64);
        }
    }

    #[test]
    fn each_number_of_slots_is_drained_in_every_round() {
        let drains = drains(&FEW);
        assert_eq!(drains.iter().map(|time| time.slots).collect::<Vec<_>>(), SLOTS);
        assert!(drains.iter().all(|time| time.rounds == 2 && time.picoseconds.lowest > 0));
    }
}
