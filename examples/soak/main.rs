//! A long run of everything at once: the image of `scripts/soak`.
//!
//! `-append "seed=K rounds=N"`: the seed decides what each round is made of and what each core draws; how the
//! cores interleave is the emulator's. A round is a test, and the first that fails ends the run.
//!
//! In a round core 0 leads ([`leader`]): it drains an object again and again, poisons what it protects, makes
//! it live again, and has cores go off and come. The others use the object in every way ([`worker`]),
//! and so do interrupts in the middle of it ([`handlers`]). What must hold then stands in [`round`].

#![no_std]
#![no_main]

extern crate alloc;

use alloc::format;
use counts::Counts;
use leader::Others;
use machine::board::console::println;
use machine::board::device_tree;
use machine::board::exit::{self, Status};
use machine::smp::start;
use machine::testing::environment;
use machine::testing::ktap::Ktap;
use machine::traps::interrupts;
use plan::{MOST_CORES, Plan};

mod counts;
mod handlers;
mod leader;
mod plan;
mod random;
mod round;
mod worker;

machine::kernel!(main);

fn main() -> ! {
    let machine = device_tree::machine();
    let number = |name, default: u64| match machine.argument(name) {
        None => default,
        Some(text) => text.parse().unwrap_or_else(|_| usage(&format!("{name}={text}"))),
    };
    let (seed, rounds) = (number("seed", 1), number("rounds", 20));
    if machine.core_count > MOST_CORES {
        usage(&format!("{} cores", machine.core_count));
    }

    start::start_all(None);
    interrupts::set_handler(handlers::by_call);
    let mut ktap = Ktap::plan(rounds as usize);
    environment::print();
    let (mut others, totals) = (Others::all(), Counts::new());
    for number in 1..=rounds {
        let plan = Plan::new(seed, number);
        println!("# round {number}: {plan}"); // before it, in case it never ends
        let result = leader::run(plan, &mut others, &totals);
        let failed = result.is_err();
        ktap.test(&format!("round {number}"), || result);
        if failed {
            break;
        }
    }
    totals.print(seed);
    ktap.finish()
}

fn usage(wrong: &str) -> ! {
    println!("# {wrong} cannot be soaked; give seed= and rounds=, and at most {MOST_CORES} cores");
    exit::exit(Status::Fail)
}
