//! The host benchmark: n threads in relation to one.
//!
//! Ratios are what counts. A round measures every variant on every number of threads once, so whatever else
//! the host does affects all of them, and a ratio compares two measurements that are next to each other in
//! time. The table shows the median of the rounds with the lowest and the highest; its nanoseconds are
//! there for orientation only.
//!
//! - [`variants`]: those of crates/ladder, and two that need `std`.
//! - `race`: one measurement, with threads that stay on their processors.
//! - `rounds`: all measurements; `report` prints them, `thresholds` judges them.

mod arguments;
mod race;
mod report;
mod rounds;
mod thresholds;
pub mod variants;

use arguments::Arguments;
use runner::unread;
use std::process::ExitCode;

/// Wrong counts, or a threshold that does not hold.
const FAILED: u8 = 1;
/// Wrong usage, or a host that cannot tell.
const SETUP: u8 = 2;

/// Measures, prints, and judges if the arguments want it.
pub fn main() -> ExitCode {
    unread::end_quietly();
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
        return stop(
            SETUP,
            "the thresholds compare 2 threads with 1, and this host has 1 processor",
        );
    }
    let measured = rounds::measure(&arguments, processors);
    let drains = rounds::drains(&arguments);
    report::measures(&measured, &drains);
    report::tables(&measured, &drains);
    let wrong: Vec<_> = measured.iter().filter_map(ladder::Candidate::complaint).collect();
    if !wrong.is_empty() {
        return stop(FAILED, &wrong.join("; "));
    }
    if !arguments.check {
        return ExitCode::SUCCESS;
    }
    match thresholds::judge(&measured) {
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
