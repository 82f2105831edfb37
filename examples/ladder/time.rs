//! `mode=time`: pairs a second on n cores, in relation to one core.

use crate::arguments::Arguments;
use crate::{barrier, concurrency, table};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ladder::{Candidate, DrainTime, Drains, SLOTS};
use machine::arch::time;
use machine::board::console::println;
use machine::smp::protection::ThisCore;
use machine::testing::environment;
use machine::testing::ktap::{Ktap, equal, holds};

/// Pairs of all cores together in one measurement, if `pairs=` does not say how many a core does: some
/// milliseconds of work, against some tenths of one that it takes to wake 64 cores.
const PAIRS: u64 = 300_000;
/// Pairs a core, in millions, in the rounds that a variant which is wrong on purpose gets in addition if it
/// has not lost a count yet: more in each, as on a busy host two cores may not meet in the time that a few
/// take. They count in `off_by` only.
const MORE_MILLIONS: [u64; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Seconds between two lines that tell how far it is.
const TELL_EVERY: u64 = 2;

/// Measures, reports, and ends QEMU.
pub fn run(arguments: &Arguments) -> ! {
    let pairs = |cores| arguments.pairs.unwrap_or((PAIRS / cores as u64).max(1));
    let candidate = |variant| Candidate::new(variant, &arguments.cores, pairs);
    let mut candidates: Vec<Candidate> = arguments.variants().into_iter().map(candidate).collect();
    let mut ktap = Ktap::plan(candidates.len() + 1);
    environment::print();
    let on_their_own = concurrency::cores_run_on_their_own();
    measure(&mut candidates, arguments.rounds);
    for candidate in &mut candidates {
        judge(candidate, &mut ktap, on_their_own);
    }
    let mut drains = Vec::new();
    ktap.test("an idle object is run down at once", || {
        for slots in SLOTS {
            drains.push(drain(slots, arguments.rounds)?);
        }
        Ok(())
    });
    table::measures(&candidates, arguments.rounds);
    table::drain_measures(&drains);
    table::variants(&candidates, arguments.rounds, on_their_own);
    table::drains(&drains);
    ktap.finish()
}

fn measure(candidates: &mut [Candidate], rounds: u64) {
    let mut tell_at = time::after_ms(TELL_EVERY * 1000);
    for round in 1..=rounds {
        candidates.iter_mut().for_each(|candidate| candidate.round(barrier::race));
        if time::now() >= tell_at && round < rounds {
            println!("# round {round} of {rounds} is done");
            tell_at = time::after_ms(TELL_EVERY * 1000);
        }
    }
}

/// Reports a test: counts are right, or if the variant is wrong on purpose, counts are lost where cores run
/// on their own.
fn judge(candidate: &mut Candidate, ktap: &mut Ktap, on_their_own: bool) {
    let name = candidate.variant.name();
    let wrong_by = candidate.wrong_by();
    if candidate.variant.about().is_exact() {
        return ktap.test(&format!("{name}: counts are right"), || equal("off by", wrong_by, 0));
    }
    let can_lose = on_their_own && candidate.measured.len() > 1;
    for millions in MORE_MILLIONS {
        if candidate.lost_by_several() > 0 || !can_lose {
            break;
        }
        barrier::race(&*candidate.variant, candidate.measured[1].cores, millions * 1_000_000);
        candidate.measured[1].off_by += candidate.variant.reset().unsigned_abs();
    }
    let lost = candidate.lost_by_several() > 0;
    let what = match lost || can_lose {
        true => "loses counts",
        false => "where cores take turns there is nothing to show",
    };
    ktap.test(&format!("{name}: {what}"), || {
        equal("off by, on one core", wrong_by, 0)?;
        holds("counts are lost on several cores", lost || !can_lose)
    });
}

/// Measures the drain of an object with so many slots.
fn drain(slots: usize, rounds: u64) -> Result<DrainTime, String> {
    let objects = Drains::<ThisCore>::new(slots);
    let once = || {
        let time = objects.time(time::now, time::frequency());
        time.ok_or_else(|| format!("an object of {slots} slots is not run down at once"))
    };
    once()?; // not counted: QEMU has to translate the code
    let times: Result<Vec<u64>, String> = (0..rounds).map(|_| once()).collect();
    Ok(DrainTime::of(slots, &times?))
}
