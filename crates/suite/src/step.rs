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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn checks_are_added_with_the_output_of_those_that_failed() {
        let mut sum = Outcome::passed(2);
        sum.add(Outcome { output: "fine".to_owned(), ..Outcome::one() });
        assert_eq!((sum.passed, sum.failed, sum.output.as_str()), (3, 0, ""));
        sum.add(Outcome { passed: 2, ..Outcome::failure("one\n") });
        sum.add(Outcome::failure("two\n"));
        assert_eq!((sum.passed, sum.failed, sum.output.as_str()), (5, 2, "one\ntwo\n"));
    }

    #[test]
    fn an_error_is_a_failure_unless_it_says_that_nothing_can_run() {
        let failed = Outcome::from(Err(io::Error::other("why").into()));
        assert_eq!(failed, Outcome::failure("why\n"));
        let not_run = Outcome::from(Err(NotRun("no QEMU".to_owned()).into()));
        assert!(not_run.not_run && not_run.failed == 0 && not_run.output == "no QEMU");
        assert_eq!(NotRun("no QEMU".to_owned()).to_string(), "no QEMU");
    }

    #[test]
    fn a_refusal_is_one_line_on_stderr_and_status_2() {
        let refused = |script: &str| {
            let deadline = Instant::now() + Duration::from_secs(60);
            let outcome = refused(Command::new("sh").args(["-c", script]), "rundown: ", deadline);
            outcome.unwrap().passed
        };
        assert_eq!(refused("echo 'rundown: x' >&2; exit 2"), 1);
        for script in [
            "echo 'rundown: x' >&2; exit 1",
            "echo 'rundown: x'; exit 2",
            "echo 'rundown: x' >&2; echo y >&2; exit 2",
            "echo 'rundown: x' >&2; echo y; exit 2",
            "echo 'x rundown: ' >&2; exit 2",
            "exit 2",
        ] {
            assert_eq!(refused(script), 0, "{script}");
        }
    }
}
