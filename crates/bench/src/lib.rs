//! The host benchmark: n threads in relation to one.
//!
//! Ratios are what counts. A round measures every variant on every number of threads once, so whatever else
//! the host does affects all of them, and a ratio compares two measurements that are next to each other in
//! time. The table shows the median of the rounds with the lowest and the highest; its nanoseconds are
//! there for orientation only.
//!
//! - `race`: one measurement, with threads that stay on their processors.
//!
//! The first part is the ladder:
//!
//! - [`variants`]: those of crates/ladder, and two that need `std`.
//! - `rounds`: all measurements; `report` prints them, `thresholds` judges them.
//!
//! The second part, [`everybody`], compares what a program would really use with what cannot be left out.

mod arguments;
pub mod everybody;
pub mod race;
mod report;
mod rounds;
mod thresholds;
pub mod variants;

use arguments::{Arguments, USAGE};
use everybody::bars::Judged;
use everybody::effort::Effort;
use everybody::{bars, page, run as everyone, tables};
use ladder::{Candidate, Variant};
use race::Team;
use runner::exit_error::{ExitError, FAILED, SETUP};
use runner::unread;
use std::process::ExitCode;
use std::thread::available_parallelism;

/// Measures, prints, and judges if the arguments want it.
pub fn main() -> ExitCode {
    unread::end_quietly();
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

fn run(args: impl Iterator<Item = String>) -> Result<(), ExitError> {
    let wrong_usage = |wrong| ExitError::new(SETUP, wrong);
    let Some(arguments) = Arguments::parse(args).map_err(wrong_usage)? else {
        println!("{USAGE}");
        return Ok(());
    };
    let processors = available_parallelism().map_or(1, usize::from);
    arguments.suit(processors).map_err(wrong_usage)?;
    let threads = rounds::doubling(processors);
    let team = Team::new(everyone::crowd(processors));
    let race = |variant: &dyn Variant, threads, pairs| {
        team.race(threads, |number| variant.pairs(number, pairs))
    };
    let measured = rounds::measure(&arguments, &threads, race);
    let drains = rounds::drains(&arguments);
    print!("{}", report::lines(&measured, &drains));
    print!("{}", report::tables(&measured, &drains));
    let run = everyone::measure(&Effort::of(&arguments), &threads, &team);
    let judged = bars::judge(&run.results);
    print!("{}", tables::lines(&run));
    print!("{}", tables::all(&run));
    if arguments.write {
        page::write(&page::page(&run, &judged), page::FILE)?;
    }
    if arguments.check {
        judged.iter().for_each(|judged| println!("{}", judged.line()));
    }
    if let Some(line) = verdict(&measured, &judged, arguments.check)? {
        println!("{line}");
    }
    Ok(())
}

/// Returns what is wrong: with the counts or, with `check`, by the thresholds or the bars. If nothing is, the
/// thresholds have a line about it.
fn verdict(
    measured: &[Candidate],
    judged: &[Judged],
    check: bool,
) -> Result<Option<String>, ExitError> {
    let wrong: Vec<_> = measured.iter().filter_map(Candidate::complaint).collect();
    if !wrong.is_empty() {
        return Err(ExitError::new(FAILED, wrong.join("; ")));
    }
    if !check {
        return Ok(None);
    }
    let line = thresholds::judge(measured).map_err(|line| ExitError::new(FAILED, line))?;
    match bars::complaint(judged) {
        Some(complaint) => Err(ExitError::new(FAILED, complaint)),
        None => Ok(Some(line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use everybody::results::Results;

    /// Returns all variants, measured once with 1 thread and with 2. `short`: those that are one short each time.
    /// `slow`: those that take four times as long with 2 threads.
    fn measured(short: &[&str], slow: &[&str]) -> Vec<Candidate> {
        let candidates = variants::all(2).into_iter().map(|variant| {
            let mut candidate = Candidate::new(variant, &[1, 2], |_| 1);
            candidate.round(|variant, threads, _| match threads {
                2 if slow.contains(&variant.name()) => 4000,
                _ => 1000,
            });
            let off_by = u64::from(short.contains(&candidate.variant.name()));
            candidate.measured.iter_mut().for_each(|one| one.off_by = off_by);
            candidate
        });
        candidates.collect()
    }

    #[test]
    fn every_count_that_is_wrong_is_named_and_comes_before_the_thresholds() {
        let wrong = measured(&["shared", "cache_aware"], &[]);
        let line = "shared is off by 2; cache_aware is off by 2";
        for check in [false, true] {
            assert_eq!(verdict(&wrong, &[], check), Err(ExitError::new(FAILED, line)));
        }
    }

    #[test]
    fn the_thresholds_are_asked_only_if_that_is_wanted() {
        let right = measured(&[], &[]);
        assert_eq!(verdict(&right, &[], false), Ok(None));
        // The ratio is 2 on all of them.
        let line = thresholds::judge(&right).unwrap_err();
        assert_eq!(verdict(&right, &[], true), Err(ExitError::new(FAILED, line)));
    }

    #[test]
    fn with_the_thresholds_all_bars_must_hold() {
        let right = measured(&[], &["shared"]);
        let line = thresholds::judge(&right).unwrap();
        assert_eq!(verdict(&right, &[], true), Ok(Some(line)));
        // Nothing was measured, so none holds.
        let judged = bars::judge(&Results::default());
        let complaint = bars::complaint(&judged).unwrap();
        assert_eq!(verdict(&right, &judged, true), Err(ExitError::new(FAILED, complaint)));
        assert_eq!(verdict(&right, &judged, false), Ok(None));
    }

    #[test]
    fn wrong_usage_has_status_2_and_help_is_not_wrong() {
        let status = |arg: &str| run([arg.to_owned()].into_iter()).map_err(|error| error.status);
        assert_eq!([status("--nonsense"), status("--help")], [Err(SETUP), Ok(())]);
    }
}
