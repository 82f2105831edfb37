//! Every test of the project, one step after the other.
//!
//! The steps stand in `table.rs`; adding one is adding one entry there. A step that fails shows its
//! whole output and the others still run. What counts is what really ran, so a step that ran
//! nothing is a failure, and so is a suite of nothing.

mod bad_setup;
mod bench;
mod boots;
mod browser;
mod commands;
mod context;
mod count;
mod figures;
mod idle_setup;
mod ladder;
mod leftovers;
mod must_fail;
mod newer;
mod page;
mod portable;
mod schedules;
mod scope;
mod sessions;
mod step;
mod table;
mod transcript;

use std::io::Write;
use std::time::Instant;

use runner::exit_error::{ExitError, FAILED, SETUP};
use runner::process;

use context::Context;
use step::{Outcome, Step};

/// Lists the steps that the patterns choose.
pub fn list(patterns: &[String]) {
    chosen(patterns).iter().for_each(|step| println!("{}", step.name));
}

/// Runs the steps that the patterns choose; the last line says how many checks passed and failed.
pub fn run(patterns: &[String]) -> Result<(), ExitError> {
    process::end_with_us().map_err(|error| {
        ExitError::setup(format!("cannot catch signals: {error}"), "report this")
    })?;
    let context = Context::new()?;
    let steps = chosen(patterns);
    if steps.is_empty() {
        return Err(ExitError::new(
            SETUP,
            format!("no step is called {patterns:?}; scripts/test --list names them"),
        ));
    }
    let width = steps.iter().map(|step| step.name.len()).max().unwrap_or(0);
    let (mut passed, mut failed) = (0, 0);
    for step in &steps {
        print!("{:width$}  ", step.name);
        let _ = std::io::stdout().flush();
        let started = Instant::now();
        let mut outcome = Outcome::from((step.work)(&context, started + step.deadline));
        if outcome.passed + outcome.failed == 0 {
            outcome.failed = 1;
            outcome.output.push_str("nothing ran\n");
        }
        let word = if outcome.failed == 0 { "ok    " } else { "FAILED" };
        let checks = outcome.passed + outcome.failed;
        println!("{word}  {checks:5} checks  {:6.1} s", started.elapsed().as_secs_f64());
        if outcome.failed > 0 {
            println!("{}", outcome.output.trim_end());
            println!("--- end of {} ---", step.name);
        }
        passed += outcome.passed;
        failed += outcome.failed;
    }
    if patterns.is_empty() && newer::qemu().is_none() {
        println!("{}", newer::NOT_RUN);
    }
    println!("{passed} passed, {failed} failed");
    match (passed, failed) {
        (1.., 0) => Ok(()),
        // The line above says it all; nothing may come after it.
        _ => Err(ExitError::new(FAILED, "")),
    }
}

fn chosen(patterns: &[String]) -> Vec<Step> {
    let mut steps = table::steps();
    steps.retain(|step| {
        patterns.is_empty() || patterns.iter().any(|pattern| step.name.contains(pattern))
    });
    steps
}
