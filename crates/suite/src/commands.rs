//! Steps that are one command: a lint counts as one check, a test run as many as it reports.

use std::process::Command;
use std::time::Instant;

use crate::context::Context;
use crate::count;
use crate::promise::Promise;
use crate::sessions;
use crate::step::{Outcome, Step};
use runner::process::{self, Output};
use tools::cargo;

/// Seconds: most steps build something first, perhaps on a slow machine.
const PATIENCE: u64 = 1200;
/// Seconds for a proof: Miri took 1,124 on two processors, beside the other steps.
const PROOF: u64 = 2400;

/// A step that is one check: the words of a command, which must succeed.
pub fn lint(name: &str, words: &str) -> Step {
    lint_with(name, words, &[])
}

/// A lint with variables set.
pub fn lint_with(name: &str, words: &str, variables: &[(&str, &str)]) -> Step {
    let line = Line::new(words, "", variables);
    Step::new(name, PATIENCE, move |context, deadline| {
        let (output, command) = line.run(context, deadline)?;
        Ok(Outcome::check(output.succeeded(), || output.report(&command)))
    })
}

/// A step that runs tests in a folder of the workspace, and counts those that its output reports: as many as
/// are promised, or more.
pub fn tests(name: &str, folder: &str, words: &str, promise: Promise) -> Step {
    let line = Line::new(words, folder, &[]);
    Step::new(name, PATIENCE, move |context, deadline| {
        let least = promise.least(context.root())?;
        let (output, command) = line.run(context, deadline)?;
        Ok(count::outcome(&output, &command, least))
    })
}

/// A step that proves, and counts the stages, the weakened orderings and the mutants. `page`: a file that shows
/// some of what is printed, and the name of the block.
pub fn proofs(name: &str, words: &str, page: Option<(&'static str, &'static str)>) -> Step {
    let line = Line::new(words, "", &[]);
    Step::new(name, PROOF, move |context, deadline| {
        let (output, command) = line.run(context, deadline)?;
        let (passed, failed) = count::proofs(&output.merged);
        let failed = failed.max(u64::from(!output.succeeded()));
        let report = output.report(&command);
        let mut sum = Outcome { passed, failed, output: report, ..Outcome::default() };
        if let Some((file, name)) = page {
            sum.add(sessions::shown(context, file, name, &output.merged)?);
        }
        Ok(sum)
    })
}

/// What is typed in a folder of the workspace, with variables set.
struct Line {
    words: Vec<String>,
    folder: String,
    variables: Vec<(String, String)>,
}

impl Line {
    fn new(words: &str, folder: &str, variables: &[(&str, &str)]) -> Line {
        let own = |text: &str| text.to_owned();
        let variables = variables.iter().map(|(name, value)| (own(name), own(value))).collect();
        Line { words: words.split(' ').map(own).collect(), folder: own(folder), variables }
    }

    fn builds_a_kernel(&self) -> bool {
        self.words[0] == "cargo" && !self.words.iter().any(|word| word == "host-tuple")
    }

    fn run(&self, context: &Context, deadline: Instant) -> anyhow::Result<(Output, Command)> {
        let mut command = context.command(&self.words[0], &self.folder);
        command.args(&self.words[1..]);
        if self.builds_a_kernel() {
            cargo::for_the_kernel(&mut command);
        }
        command.envs(self.variables.iter().cloned());
        let output = process::run(&mut command, deadline)?;
        Ok((output, command))
    }
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::fake::Fake;
    use std::time::Duration;

    fn outcome(step: &Step) -> Outcome {
        let deadline = Instant::now() + Duration::from_secs(60);
        (step.work)(&Context::new().unwrap(), deadline).unwrap()
    }

    #[test]
    fn cargo_builds_for_the_kernel_unless_it_is_told_otherwise() {
        let kernel = |words: &str| Line::new(words, "", &[]).builds_a_kernel();
        assert!(kernel("cargo test") && !kernel("cargo test --target host-tuple"));
        assert!(!kernel("scripts/run") && !kernel("scripts/run --target host-tuple"));
    }

    #[test]
    fn a_command_runs_in_its_folder_with_what_is_set_and_counts_its_tests() {
        let fake = Fake::new();
        fake.file("folder/one", "test result: ok. 3 passed; 1 failed\n");
        let three = Promise::AtLeast(3);
        assert_eq!(fake.run(&tests("x", "folder", "cat one", three)), (3, 1));
        assert_eq!(fake.run(&tests("x", "", "cat folder/one", Promise::AtLeast(5))), (3, 1));
        assert_eq!(fake.run(&lint("x", "test -e folder/one")), (1, 0));
        assert_eq!(fake.run(&lint("x", "test -e folder/two")), (0, 1));
        fake.script("set", "test \"$A\" = 'b c'");
        assert_eq!(fake.run(&lint_with("x", "./set", &[("A", "b c")])), (1, 0));
        assert_eq!(fake.run(&lint_with("x", "./set", &[("A", "b")])), (0, 1));
    }

    #[test]
    fn proofs_are_counted_and_one_that_fails_without_a_word_is_a_failure() {
        let counts = |words: &str| {
            let outcome = outcome(&proofs("proofs", words, None));
            (outcome.passed, outcome.failed, outcome.output)
        };
        let (passed, failed, output) = counts("echo prove x: ok (1 s)");
        assert!((passed, failed) == (1, 0) && output.contains("ok (1 s)"), "{output}");
        assert_eq!(counts("true").1, 0);
        let (passed, failed, output) = counts("false");
        assert!((passed, failed) == (0, 1) && output.contains("exit status 1"), "{output}");
    }
}
