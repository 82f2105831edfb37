//! Steps that are one command: a lint counts as one check, a test run as many as it reports.

use std::process::Command;

use crate::count;
use crate::step::{Outcome, Step};
use runner::process;
use tools::cargo;

/// Seconds: most steps build something first, perhaps on a slow machine.
const PATIENCE: u64 = 1200;

/// A step that is one check: the words of a command, which must succeed.
pub fn lint(name: &str, words: &str) -> Step {
    step(name, words, "", &[], |ended, _| if ended { (1, 0) } else { (0, 1) })
}

/// A lint with variables set.
pub fn lint_with(name: &str, words: &str, variables: &[(&str, &str)]) -> Step {
    step(name, words, "", variables, |ended, _| if ended { (1, 0) } else { (0, 1) })
}

/// A step that runs tests in a folder of the workspace, and counts those that its output reports.
pub fn tests(name: &str, folder: &str, words: &str) -> Step {
    step(name, words, folder, &[], counted)
}

/// The same at the root, with variables set.
pub fn tests_with(name: &str, words: &str, variables: &[(&str, &str)]) -> Step {
    step(name, words, "", variables, counted)
}

fn counted(ended: bool, output: &str) -> (u64, u64) {
    let (passed, failed) = count::tests(output);
    // A run that fails without a failed test, or succeeds with one, is a failure too.
    (passed, failed.max(u64::from(!ended)))
}

/// A step that proves, and counts the stages, the weakened orderings and the mutants.
pub fn proofs(name: &str, words: &str) -> Step {
    step(name, words, "", &[], |ended, output| {
        let (passed, failed) = count::proofs(output);
        (passed, failed.max(u64::from(!ended)))
    })
}

fn step(
    name: &str,
    words: &str,
    folder: &str,
    variables: &[(&str, &str)],
    count: impl Fn(bool, &str) -> (u64, u64) + Send + Sync + 'static,
) -> Step {
    let own = |text: &str| text.to_owned();
    let (words, folder): (Vec<String>, String) = (words.split(' ').map(own).collect(), own(folder));
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| (own(name), own(value))).collect();
    Step::new(name, PATIENCE, move |context, deadline| {
        let mut command: Command = context.command(&words[0], &folder);
        command.args(&words[1..]);
        if words[0] == "cargo" && !words.iter().any(|word| word == "host-tuple") {
            cargo::for_the_kernel(&mut command);
        }
        command.envs(variables.iter().cloned());
        let output = process::run(&mut command, deadline)?;
        let (passed, failed) = count(output.succeeded(), &output.merged);
        Ok(Outcome { passed, failed, output: output.report(&command) })
    })
}
