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
use ladder::Candidate;
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
    match verdict(&measured, arguments.check) {
        Ok(line) => {
            line.iter().for_each(|line| println!("{line}"));
            ExitCode::SUCCESS
        }
        Err(wrong) => stop(FAILED, &wrong),
    }
}

/// Returns what is wrong: with the counts or, with `check`, by the thresholds. If nothing is, the thresholds
/// have a line about it.
fn verdict(measured: &[Candidate], check: bool) -> Result<Option<String>, String> {
    let wrong: Vec<_> = measured.iter().filter_map(Candidate::complaint).collect();
    if !wrong.is_empty() {
        return Err(wrong.join("; "));
    }
    check.then(|| thresholds::judge(measured)).transpose()
}

fn stop(status: u8, line: &str) -> ExitCode {
    eprintln!("rundown: {line}");
    ExitCode::from(status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ladder::{About, Variant, Words};

    /// Is one short after every round.
    struct OneShort(Box<dyn Variant>);

    impl Variant for OneShort {
        fn about(&self) -> &'static About {
            self.0.about()
        }

        fn pairs(&self, core: usize, count: u64) {
            self.0.pairs(core, count);
        }

        fn reset(&self) -> i64 {
            -1
        }

        fn words(&self) -> Words {
            self.0.words()
        }
    }

    /// Returns all variants, measured once with 1 thread and with 2. `short`: those that lose counts.
    fn measured(short: &[&str]) -> Vec<Candidate> {
        let candidates = variants::all(2).into_iter().map(|variant| {
            let variant: Box<dyn Variant> = match short.contains(&variant.name()) {
                true => Box::new(OneShort(variant)),
                false => variant,
            };
            let mut candidate = Candidate::new(variant, &[1, 2], |_| 1);
            candidate.round(|_, _, _| 1000);
            candidate
        });
        candidates.collect()
    }

    #[test]
    fn every_count_that_is_wrong_is_named_and_comes_before_the_thresholds() {
        let wrong = measured(&["shared", "cache_aware"]);
        let line = "shared is off by 2; cache_aware is off by 2";
        for check in [false, true] {
            let names = verdict(&wrong, check).unwrap_err();
            assert!(line.split("; ").all(|part| names.contains(part)), "{names}");
        }
    }

    #[test]
    fn the_thresholds_are_asked_only_if_that_is_wanted() {
        let right = measured(&[]);
        assert_eq!(verdict(&right, false), Ok(None));
        assert_eq!(verdict(&right, true), thresholds::judge(&right).map(Some));
        assert!(verdict(&right, true).is_err(), "the ratio is 2 on all of them");
    }
}
