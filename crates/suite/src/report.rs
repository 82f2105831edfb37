//! What a run prints: a line a step as it ends, the slowest steps, and the sums as the last line.

use std::fmt::Write;
use std::time::Duration;

use crate::lanes::Done;

/// How many of the slowest steps are named at the end.
const SLOWEST: usize = 5;

/// What is known of the steps that have ended.
pub struct Report {
    /// Columns for the names.
    width: usize,
    took: Vec<(Duration, String)>,
    /// Checks that passed.
    pub passed: u64,
    /// Checks that failed.
    pub failed: u64,
}

impl Report {
    /// Returns the report on no step yet. `width`: columns of the longest name.
    pub fn new(width: usize) -> Report {
        Report { width, took: Vec::new(), passed: 0, failed: 0 }
    }

    /// Adds a step, and returns its lines: one, and all of its output if it failed.
    pub fn add(&mut self, done: &Done) -> String {
        let Done { step, outcome, took } = done;
        self.passed += outcome.passed;
        self.failed += outcome.failed;
        self.took.push((*took, step.name.clone()));
        if outcome.not_run {
            return format!(
                "{:width$}  not run: {}",
                step.name,
                outcome.output,
                width = self.width
            );
        }
        let word = if outcome.failed == 0 { "ok    " } else { "FAILED" };
        let (checks, width) = (outcome.passed + outcome.failed, self.width);
        let seconds = took.as_secs_f64();
        let mut text = format!("{:width$}  {word}  {checks:5} checks  {seconds:6.1} s", step.name);
        if outcome.failed > 0 {
            let output = outcome.output.trim_end();
            text += &format!("\n{output}\n--- end of {} ---", step.name);
        }
        text
    }

    /// Returns a line for each of the slowest steps, the slowest first.
    pub fn slowest(&self) -> String {
        let mut took: Vec<_> = self.took.iter().collect();
        took.sort_by(|one, other| other.cmp(one));
        took.truncate(SLOWEST);
        let mut text = format!("the slowest of {} steps:", self.took.len());
        for (took, name) in took {
            let _ = write!(text, "\n  {:6.1} s  {name}", took.as_secs_f64()); // a String takes all
        }
        text
    }

    /// Returns the last line.
    pub fn sums(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }
}
