//! One entry of the table: a name, a deadline, and what it does.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::context::Context;
use crate::not_run::NotRun;
use runner::process;

/// How a step went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Checks that passed.
    pub passed: u64,
    /// Checks that failed.
    pub failed: u64,
    /// What the reader wants to see if one failed, or why nothing was run.
    pub output: String,
    /// What the step needs is not to be had here, so it counts as nothing.
    pub not_run: bool,
}

impl Outcome {
    /// Returns one check, which passed.
    pub fn one() -> Outcome {
        Outcome { passed: 1, ..Outcome::default() }
    }

    /// Returns one check. `output`: what the reader wants to see if it failed.
    pub fn check(passed: bool, output: impl FnOnce() -> String) -> Outcome {
        if passed { Outcome::one() } else { Outcome::failure(output()) }
    }

    /// Returns so many checks, which passed.
    pub fn passed(checks: usize) -> Outcome {
        Outcome { passed: checks as u64, ..Outcome::default() }
    }

    /// Returns one check, which failed.
    pub fn failure(output: impl Into<String>) -> Outcome {
        Outcome { failed: 1, output: output.into(), ..Outcome::default() }
    }

    /// Adds what came of other checks.
    pub fn add(&mut self, other: Outcome) {
        self.passed += other.passed;
        self.failed += other.failed;
        if other.failed > 0 {
            self.output.push_str(&other.output);
        }
    }
}

impl From<anyhow::Result<Outcome>> for Outcome {
    fn from(result: anyhow::Result<Outcome>) -> Outcome {
        result.unwrap_or_else(|error| match error.downcast::<NotRun>() {
            Ok(NotRun(output)) => Outcome { not_run: true, output, ..Outcome::default() },
            Err(error) => Outcome::failure(format!("{error:#}\n")),
        })
    }
}

/// What a step does before its deadline.
type Work = Box<dyn Fn(&Context, Instant) -> anyhow::Result<Outcome> + Send + Sync>;

/// One entry of the table.
pub struct Step {
    /// What it is called; patterns on the command line choose by it.
    pub name: String,
    /// How long it may take.
    pub deadline: Duration,
    /// What it does.
    pub work: Work,
}

impl Step {
    /// Returns a step that may take so many seconds.
    pub fn new(
        name: impl Into<String>,
        seconds: u64,
        work: impl Fn(&Context, Instant) -> anyhow::Result<Outcome> + Send + Sync + 'static,
    ) -> Step {
        Step { name: name.into(), deadline: Duration::from_secs(seconds), work: Box::new(work) }
    }
}

/// Runs a command that must be refused: with status 2, and one line that begins with `start`.
pub fn refused(command: &mut Command, start: &str, deadline: Instant) -> anyhow::Result<Outcome> {
    let output = process::run(command, deadline)?;
    let one_line = output.merged.lines().count() == 1 && output.stderr.starts_with(start);
    Ok(Outcome::check(output.status == Some(2) && one_line, || output.report(command)))
}
