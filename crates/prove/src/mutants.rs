//! Known defects put into the code one at a time: the tests named beside each must fail.
//!
//! The first ones are the peers' own; the others are what this protocol has to fear. `cargo-mutants`
//! adds what nobody thought of.

mod list;

use crate::tree::{End, PROTOCOL, Tree, must, run as run_tests};
use list::{Forms, MUTANTS, Mutant, Suite};
use std::collections::HashMap;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a test may take at least before it counts as hanging, beside twenty times its own time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Puts each defect in and runs its tests.
pub fn run(tree: &Tree, _long: bool) -> Result<bool, String> {
    let limits = limits(tree)?;
    let mut killed = 0;
    for mutant in MUTANTS {
        let Mutant { defect, file, from, to, suite, .. } = mutant;
        let source = tree.source(file)?;
        if source.matches(from).count() != 1 {
            return Err(format!("\"{defect}\": not exactly once in {file}:\n{from}"));
        }
        tree.set(file, &source.replace(from, to))?;
        must(&mut build(tree, *suite), defect)?;
        let mut survived = Vec::new();
        let mut how = "";
        for test in mutant.tests() {
            match verdict(tree, *suite, &test, limits[&(*suite, test.clone())])? {
                Some(killed) => how = killed,
                None => survived.push(test),
            }
        }
        tree.set(file, &source)?;
        killed += usize::from(survived.is_empty());
        match &survived[..] {
            [] => println!("  {defect}: killed{how} by {}", mutant.test),
            tests => println!("  {defect}: SURVIVED {}", tests.join(" and ")),
        }
    }
    println!("mutants: {}, killed: {killed}", MUTANTS.len());
    Ok(killed == MUTANTS.len() && killed > 0)
}

/// Runs every test of the list on the code as it is, where it must pass: a test that always fails
/// kills nothing. Returns how long each may take.
fn limits(tree: &Tree) -> Result<HashMap<(Suite, String), Duration>, String> {
    let mut limits = HashMap::new();
    for mutant in MUTANTS {
        for test in mutant.tests() {
            if limits.contains_key(&(mutant.suite, test.clone())) {
                continue;
            }
            must(&mut build(tree, mutant.suite), "the code as it is")?;
            let start = Instant::now();
            let outcome = run_tests(&mut tests(tree, mutant.suite, &test), 6 * PATIENCE)?;
            if outcome.end != End::Passed || outcome.text.contains("running 0 tests") {
                return Err(format!("{test} does not pass as it is:\n{}", outcome.text));
            }
            limits.insert((mutant.suite, test), PATIENCE + 20 * start.elapsed());
        }
    }
    Ok(limits)
}

/// Runs one test on the mutant, and tells how it failed, if it did.
fn verdict(
    tree: &Tree,
    suite: Suite,
    test: &str,
    limit: Duration,
) -> Result<Option<&'static str>, String> {
    let outcome = run_tests(&mut tests(tree, suite, test), limit)?;
    let failed = outcome.failed_tests();
    Ok(match outcome.end {
        End::Failed if failed.iter().any(|name| name.contains(test)) => Some(""),
        // Only this test runs: a signal is its death, by a write to memory that can't be written.
        End::Failed if outcome.text.contains("(signal: ") => Some(" (by a signal)"),
        // A hang is a failure: a wait that never returns is one of the defects.
        End::TimedOut if outcome.text.contains("running ") => Some(" (it hangs)"),
        _ => None,
    })
}

impl Mutant {
    /// Returns the names of the tests that must fail, each by itself.
    fn tests(&self) -> Vec<String> {
        let forms: &[&str] = match (self.forms, self.suite) {
            (Forms::Itself, _) => &[""],
            (Forms::Both, Suite::Loom) => &["::plain", "::two_slots"],
            (Forms::Both, _) => &["::plain", "::cache_aware_with_constant_slots"],
            (Forms::Sleeping, _) => &["::cache_aware_that_sleeps"],
        };
        forms.iter().map(|form| format!("{}{form}", self.test)).collect()
    }
}

fn build(tree: &Tree, suite: Suite) -> Command {
    let mut command = target(tree, suite);
    command.arg("--no-run");
    command
}

fn tests(tree: &Tree, suite: Suite, test: &str) -> Command {
    let mut command = target(tree, suite);
    command.args(["--", test]).env("LOOM_MAX_PREEMPTIONS", "2");
    command
}

fn target(tree: &Tree, suite: Suite) -> Command {
    let target: &[&str] = match suite {
        Suite::Loom => return tree.loom(PROTOCOL, &[]),
        Suite::Unit => &["--lib"],
        Suite::Host(name) => &["--test", name],
    };
    let mut command = tree.cargo(&["test", "--quiet", "--all-features"]);
    command.args(target);
    command
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn no_two_mutants_have_one_name_and_none_changes_nothing() {
        let mut names: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.defect).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), MUTANTS.len());
        assert!(MUTANTS.iter().all(|mutant| mutant.from != mutant.to));
    }
}
