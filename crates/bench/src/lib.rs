//! The host benchmark: the rungs of crates/ladder on real threads, in relation to one thread.
//!
//! What counts are ratios. Candidates are interleaved: a round measures every rung on every number of
//! threads once, so that whatever else the host does hits all of them, and the ratio of a round is that
//! of two measurements next to each other. The table shows the median of the rounds with the lowest and
//! the highest; nanoseconds stand there for orientation only.
//!
//! - [`candidates`]: the rungs of the ladder, and two that need `std`.
//! - [`race`]: one measurement, with threads that stay on their processors.
//! - [`rounds`]: all measurements; [`report`] prints them, [`bars`] judges them.

pub mod arguments;
pub mod bars;
pub mod candidates;
pub mod race;
pub mod report;
pub mod rounds;

use arguments::Arguments;
use std::process::ExitCode;

/// Wrong counts, or a bar that does not hold.
const FAILED: u8 = 1;
/// Wrong usage, or a host that cannot tell.
const SETUP: u8 = 2;

/// Measures, prints, and judges if the arguments want it.
pub fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{}", arguments::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(wrong) => return stop(SETUP, &wrong),
    };
    let processors = race::processors();
    if arguments.check && processors < 2 {
        return stop(SETUP, "the bars compare 2 threads with 1, and this host has 1 processor");
    }
    let measured = rounds::measure(&arguments, processors);
    let drains = rounds::drains(&arguments);
    report::measures(&measured, &drains);
    report::tables(&measured, &drains);
    let wrong: Vec<_> = measured.iter().filter_map(rounds::Candidate::complaint).collect();
    if !wrong.is_empty() {
        return stop(FAILED, &wrong.join("; "));
    }
    if !arguments.check {
        return ExitCode::SUCCESS;
    }
    match bars::judge(&measured) {
        Ok(verdict) => {
            println!("{verdict}");
            ExitCode::SUCCESS
        }
        Err(missed) => stop(FAILED, &missed),
    }
}

fn stop(status: u8, line: &str) -> ExitCode {
    eprintln!("rundown: {line}");
    ExitCode::from(status)
}
