//! Small races under seeded schedules.
//!
//! `-append "scenario=NAME seed=K seeds=N apart=A"` runs the scenario once for each of N seeds: K, K + A,
//! K + 2 A, ... Each seed is a test, and the first that fails ends the run. `trace=1` prints every step.
//! `schedule=pct depth=D length=L`: by priorities, for bugs of this depth (0: the seed draws it), in runs of
//! about so many instructions; without it each core has the same chance.
//! Needs `-icount shift=4,sleep=off`; `scripts/explore` knows how.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::format;
use machine::board::console::println;
use machine::board::device_tree;
use machine::board::exit::{self, Status};
use machine::smp::start;
use machine::testing::ktap::Ktap;
use machine::traps::panic;
use schedule::{calibrate, choice, plugin, scheduler, trace};

mod names;
mod races;
mod schedule;

machine::kernel!(main);

fn main() -> ! {
    let machine = device_tree::machine();
    let number = |name, default| match machine.argument(name) {
        None => default,
        Some(text) => text.parse().unwrap_or_else(|_| usage(&format!("{name}={text}"))),
    };
    let name = machine.argument("scenario").unwrap_or("");
    let chosen = races::ALL.iter().find(|known| known.name == name);
    let scenario = chosen.unwrap_or_else(|| usage(&format!("scenario={name}")));
    let (first, seeds, apart) = (number("seed", 0), number("seeds", 1), number("apart", 1));
    let cores = machine.core_count;
    if cores < scenario.fewest || cores > choice::MAX_CORES {
        usage(&format!("{name} on {cores} cores"));
    }

    start::start_all(None);
    panic::set_hook(scheduler::report_death);
    match machine.argument("tier") {
        Some("plugin") => plugin::let_it_choose(),
        _ => calibrate::calibrate(cores),
    }
    match machine.argument("schedule") {
        Some("pct") => choice::use_priorities(number("depth", 0) as usize, number("length", 1)),
        None => {}
        Some(other) => usage(&format!("schedule={other}")),
    }
    let mut ktap = Ktap::plan(seeds as usize);
    println!("# {}, on {cores} cores", scenario.about);
    if number("trace", 0) != 0 {
        trace::show();
    }
    for seed in (0..seeds).map(|number: u64| number.wrapping_mul(apart).wrapping_add(first)) {
        println!("# seed {seed}");
        let result = scenario.run(seed, cores);
        let failed = result.is_err();
        ktap.test(&format!("seed {seed} {}", trace::Summary), || result);
        if failed {
            break;
        }
    }
    ktap.finish()
}

fn usage(wrong: &str) -> ! {
    println!("# {wrong} cannot be run; the scenarios, with their fewest cores:");
    for scenario in races::ALL {
        println!("#   {} ({}): {}", scenario.name, scenario.fewest, scenario.about);
    }
    exit::exit(Status::Fail)
}
