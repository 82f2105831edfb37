//! What a run prints: a line a step as it ends, the slowest steps, what failed, and the sums as the last line.

use std::fmt::Write;
use std::time::Duration;

use crate::lanes::Done;

/// How many of the slowest steps are named at the end.
const SLOWEST: usize = 5;

/// How many lines of a failed step's output are said again at the end: who reads a long log, or
/// the part of it that a CI has kept, reads its end.
const LAST_LINES: usize = 40;

/// What is known of the steps that have ended.
pub struct Report {
    /// Columns for the names.
    width: usize,
    took: Vec<(Duration, String)>,
    /// A failed step's name and the end of its output, each.
    failures: String,
    /// Checks that passed.
    pub passed: u64,
    /// Checks that failed.
    pub failed: u64,
}

impl Report {
    /// Returns the report on no step yet. `width`: columns of the longest name.
    pub fn new(width: usize) -> Report {
        Report { width, took: Vec::new(), failures: String::new(), passed: 0, failed: 0 }
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
            let lines: Vec<_> = output.lines().collect();
            let end = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
            let _ = write!(self.failures, "failed: {}\n{end}\n", step.name); // a String takes all
        }
        text
    }

    /// Counts a failure, and returns a line about it, unless so many steps have run.
    pub fn missing(&mut self, steps: usize) -> Option<String> {
        let ran = self.took.len();
        (ran != steps).then(|| {
            self.failed += 1;
            format!("{ran} of {steps} steps have run")
        })
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

    /// Returns each failed step and the end of its output once more; nothing if none failed.
    pub fn failures(&self) -> &str {
        &self.failures
    }

    /// Returns the last line.
    pub fn sums(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::{Outcome, Step};

    /// Adds a step with this outcome. Returns its lines.
    fn add(report: &mut Report, outcome: Outcome) -> String {
        let step = Step::new("it", 1, |_, _| Ok(Outcome::default()));
        report.add(&Done { step: &step, outcome, took: Duration::ZERO })
    }

    #[test]
    fn checks_are_summed_and_a_failure_shows_its_output() {
        let mut report = Report::new(4);
        let line = add(&mut report, Outcome::passed(3));
        assert_eq!(line, "it    ok          3 checks     0.0 s");
        let mut failed = Outcome::passed(2);
        failed.add(Outcome::failure("why\n"));
        let lines = add(&mut report, failed);
        assert!(lines.starts_with("it    FAILED      3 checks"), "{lines}");
        assert!(lines.ends_with("\nwhy\n--- end of it ---"), "{lines}");
        let not_run = Outcome { not_run: true, output: "no QEMU".to_owned(), ..Outcome::default() };
        assert_eq!(add(&mut report, not_run), "it    not run: no QEMU");
        assert_eq!(report.sums(), "5 passed, 1 failed");
        assert_eq!(report.failures(), "failed: it\nwhy\n");
    }

    #[test]
    fn the_end_of_a_long_failure_is_said_again() {
        let mut report = Report::new(4);
        let long: Vec<_> = (0..=LAST_LINES).map(|line| line.to_string()).collect();
        add(&mut report, Outcome::failure(long.join("\n")));
        assert_eq!(report.failures(), format!("failed: it\n{}\n", long[1..].join("\n")));
    }

    #[test]
    fn a_step_that_has_not_run_is_a_failure() {
        let mut report = Report::new(4);
        add(&mut report, Outcome::one());
        assert_eq!(report.missing(1), None);
        assert_eq!(report.missing(2).as_deref(), Some("1 of 2 steps have run"));
        assert_eq!(report.sums(), "1 passed, 1 failed");
    }
}
