//! Known defects put into the code one at a time: the tests named beside each must fail.
//!
//! The first ones are the peers' own; the others are what this protocol has to fear. `cargo-mutants`
//! adds what nobody thought of.

mod list;

use crate::tree::{End, Outcome, PROTOCOL, Tree, must, run as run_tests};
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
            let limit = limits[&(*suite, test.clone())];
            let outcome = run_tests(&mut tests(tree, *suite, &test), limit)?;
            match death(&outcome, &test) {
                Some(death) => how = death,
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

/// Tells how the only test that ran failed, if it did.
fn death(outcome: &Outcome, test: &str) -> Option<&'static str> {
    let failed = outcome.failed_tests();
    match outcome.end {
        End::Failed if failed.iter().any(|name| name.contains(test)) => Some(""),
        // By a write to memory that can't be written, for instance.
        End::Failed if outcome.text.contains("(signal: ") => Some(" (by a signal)"),
        // A wait that never returns is one of the defects.
        End::TimedOut if outcome.text.contains("running ") => Some(" (it hangs)"),
        _ => None,
    }
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

    #[test]
    fn only_the_named_test_kills() {
        let text = "\nfailures:\n    that_one::plain\n\ntest result: FAILED.";
        let of =
            |end, text: &str| death(&Outcome { end, text: text.to_owned() }, "that_one::plain");
        assert_eq!(of(End::Failed, text), Some(""));
        assert_eq!(of(End::Failed, &text.replace("that_one", "another")), None);
        assert_eq!(of(End::Failed, "error: could not compile"), None);
        assert_eq!(of(End::TimedOut, "running 1 test\n"), Some(" (it hangs)"));
        assert_eq!(of(End::TimedOut, "Compiling"), None);
        assert_eq!(of(End::Passed, "test result: ok. 1 passed"), None);
    }
}
