//! `mode=time`: pairs a second on n cores, in relation to one core.
//!
//! Candidates are interleaved: each round measures every variant on every number of cores, so that what
//! changes on the host in the course of the run hits all of them. A ratio is that of two measurements of
//! one round and one variant, next to each other; the median of the ratios is what counts.

use crate::arguments::Arguments;
use crate::measurement::{Candidate, DrainTime};
use crate::{concurrency, table};
use alloc::vec::Vec;
use ladder::SLOTS;
use machine::arch::time;
use machine::board::console::println;
use machine::testing::environment;
use machine::testing::ktap::Ktap;

/// Seconds between two lines that tell how far it is.
const TELL_EVERY: u64 = 2;

/// Measures, reports, and ends QEMU.
pub fn run(arguments: &Arguments) -> ! {
    let mut candidates: Vec<Candidate> =
        arguments.variants().into_iter().map(|one| Candidate::new(one, arguments)).collect();
    let mut ktap = Ktap::plan(candidates.len() + 1);
    environment::print();
    let on_their_own = concurrency::cores_run_on_their_own();
    measure(&mut candidates, arguments.rounds);
    for candidate in &mut candidates {
        candidate.judge(&mut ktap, on_their_own);
    }
    let mut drains = Vec::new();
    ktap.test("an idle object is run down at once", || {
        for slots in SLOTS {
            drains.push(DrainTime::measure(slots, arguments.rounds)?);
        }
        Ok(())
    });
    table::measures(&candidates, arguments.rounds);
    table::drain_measures(&drains, arguments.rounds);
    table::variants(&candidates, arguments.rounds, on_their_own);
    table::drains(&drains);
    ktap.finish()
}

fn measure(candidates: &mut [Candidate], rounds: u64) {
    let mut tell_at = time::after_ms(TELL_EVERY * 1000);
    for round in 1..=rounds {
        candidates.iter_mut().for_each(Candidate::round);
        if time::now() >= tell_at && round < rounds {
            println!("# round {round} of {rounds} is done");
            tell_at = time::after_ms(TELL_EVERY * 1000);
        }
    }
}
