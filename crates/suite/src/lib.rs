//! Every test of the project, two steps at a time.
//!
//! The steps stand in `table.rs`; adding one is adding one entry there. A step that fails shows its
//! whole output and the others still run. What counts is what really ran, so a step that ran
//! nothing is a failure, and so is a suite of nothing.

mod arrows;
mod bad_setup;
mod barriers;
mod bench;
mod book;
mod boots;
mod browser;
mod choices;
mod commands;
mod comments;
mod container;
mod context;
mod count;
mod course;
mod docs_rs;
mod documents;
mod editor;
mod embedded;
mod examples;
mod executable;
#[cfg(test)]
mod fake;
mod features;
mod figures;
mod frames;
mod github;
mod guide;
mod idle_setup;
mod image;
mod images;
mod instructions;
mod ladder;
mod lanes;
mod leftovers;
mod linear;
mod links;
mod must_fail;
mod nested;
mod nightly;
mod no_semihosting;
mod not_run;
mod oldest;
mod page;
mod pooled;
mod portable;
mod programs;
mod promise;
mod published;
mod replay;
mod report;
mod rewrite;
mod riscv;
mod schedules;
mod scope;
mod second_qemu;
mod sessions;
mod setup;
mod sheet;
mod soak;
mod step;
mod table;
mod terminal;
mod transcript;
mod trees;
mod two_ends;
mod unread;
mod variables;
mod workspaces;

use std::sync::mpsc::channel;
use std::thread;

use runner::exit_error::{ExitError, FAILED, SETUP};
use runner::{process, settings};
use tools::lock;

use context::Context;
use lanes::Entry;
use report::Report;

/// What a run is made of.
pub struct Wanted {
    /// Only the steps whose names hold one of these; all, if there are none.
    pub patterns: Vec<String>,
    /// With many more boots and seeds.
    pub long: bool,
    /// Pages that show another run than the real one are written anew.
    pub write: bool,
}

/// Lists the steps that are wanted.
pub fn list(wanted: &Wanted) {
    chosen(wanted).iter().for_each(|entry| println!("{}", entry.step.name));
}

/// Runs the steps that are wanted; the last line says how many checks passed and failed.
pub fn run(wanted: &Wanted) -> Result<(), ExitError> {
    let context = Context::new()?.writing(wanted.write);
    let _lock = lock::take(context.root(), "scripts/test")?; // until the end
    process::end_with_us()?;
    settings::note_that_cores_are_emulated();
    let entries = chosen(wanted);
    if entries.is_empty() {
        let patterns = &wanted.patterns;
        return Err(ExitError::new(
            SETUP,
            format!("no step is called {patterns:?}; scripts/test --list names them"),
        ));
    }
    let width = entries.iter().map(|entry| entry.step.name.len()).max().unwrap_or(0);
    let mut report = Report::new(width);
    thread::scope(|scope| {
        let (sender, done) = channel();
        let (entries, context) = (&entries, &context);
        scope.spawn(move || lanes::run(entries, context, &sender));
        for done in done {
            println!("{}", report.add(&done));
        }
    });
    println!("{}", report.slowest());
    print!("{}", report.failures());
    if let Some(line) = report.missing(entries.len()) {
        println!("{line}");
    }
    println!("{}", report.sums());
    verdict(&report)
}

/// Returns an error unless something has passed and nothing has failed.
fn verdict(report: &Report) -> Result<(), ExitError> {
    match (report.passed, report.failed) {
        (1.., 0) => Ok(()),
        // The line of the sums says it all; nothing may come after it.
        _ => Err(ExitError::new(FAILED, "")),
    }
}

fn chosen(wanted: &Wanted) -> Vec<Entry> {
    let patterns = &wanted.patterns;
    let mut entries = table::entries(wanted.long);
    entries.retain(|entry| {
        patterns.is_empty() || patterns.iter().any(|pattern| entry.step.name.contains(pattern))
    });
    entries
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_run_is_good_if_something_has_passed_and_nothing_has_failed() {
        let of = |passed, failed| {
            let mut report = Report::new(1);
            (report.passed, report.failed) = (passed, failed);
            verdict(&report).map_err(|error| error.status)
        };
        assert_eq!([of(1, 0), of(9, 0)], [Ok(()), Ok(())]);
        assert_eq!([of(0, 0), of(0, 1), of(9, 1)], [Err(FAILED); 3]);
    }

    #[test]
    fn a_step_is_chosen_by_any_part_of_its_name() {
        let names = |patterns: &[&str]| {
            let patterns = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
            let entries = chosen(&Wanted { patterns, long: false, write: false });
            entries.into_iter().map(|entry| entry.step.name).collect::<Vec<_>>()
        };
        let (all, clippy, two) = (names(&[]), names(&["clippy"]), names(&["clippy", "transcript"]));
        assert!(clippy.iter().all(|name| name.contains("clippy")), "{clippy:?}");
        assert!(!clippy.is_empty() && clippy.len() < two.len() && two.len() < all.len());
        assert!(names(&["no such step"]).is_empty());
    }
}
