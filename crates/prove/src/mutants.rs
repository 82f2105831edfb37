//! Known defects put into the code one at a time: the test named beside each must fail.
//!
//! The first ones are the peers' own (`Origin::Peer`); the others are what this protocol has to fear.
//! `cargo_mutants` adds what nobody thought of.

mod list;

use crate::tree::{End, Tree, must, run as run_tests};
use list::{MUTANTS, Mutant, Suite};
use std::process::Command;
use std::time::Duration;

/// The version that the exclusions in `mutants.toml` were argued for.
const CARGO_MUTANTS: &str = "27.1.0";

/// Puts each defect in and runs its test.
pub fn run(tree: &Tree, _long: bool) -> Result<bool, String> {
    let mut killed = 0;
    for mutant in MUTANTS {
        let Mutant { defect, file, from, to, suite, test } = mutant;
        let source = tree.source(file)?;
        if source.matches(from).count() != 1 {
            return Err(format!(
                "\"{defect}\": its text stands not exactly once in {file}:\n{from}"
            ));
        }
        tree.set(file, &source.replace(from, to))?;
        let (mut build, mut tests) = commands(tree, *suite, test);
        must(&mut build, defect)?;
        let outcome = run_tests(&mut tests, Duration::from_secs(60))?;
        tree.set(file, &source)?;
        let failed = outcome.failed_tests();
        // A hang counts as the test's failure: a wait that never returns is one of the defects.
        let verdict = match outcome.end {
            End::Failed if failed.iter().any(|name| name.contains(test)) => "killed by",
            // Only this test runs: a signal is its death, by a write to memory that can't be written.
            End::Failed if outcome.text.contains("(signal: ") => "killed (by a signal) by",
            End::TimedOut if outcome.text.contains("running ") => "killed (it hangs) by",
            _ => "SURVIVED",
        };
        killed += usize::from(verdict != "SURVIVED");
        println!("  {defect}: {verdict} {test}");
    }
    println!("mutants: {}, killed: {killed}", MUTANTS.len());
    Ok(killed == MUTANTS.len() && killed > 0)
}

fn commands(tree: &Tree, suite: Suite, test: &str) -> (Command, Command) {
    if let Suite::Loom = suite {
        let mut model = tree.loom(&["--", test]);
        model.env("LOOM_MAX_PREEMPTIONS", "2");
        return (tree.loom(&["--no-run"]), model);
    }
    let target: &[&str] = match suite {
        Suite::Unit => &["--lib"],
        Suite::Host(name) => &["--test", name],
        Suite::Loom => unreachable!("above"),
    };
    let all = ["test", "--quiet", "--all-features"];
    let mut tests = tree.cargo(&all);
    tests.args(target).args(["--", test]);
    let mut build = tree.cargo(&all);
    build.args(target).arg("--no-run");
    (build, tests)
}

/// Runs cargo-mutants over the crate; every survivor not excluded with an argument is a failure.
pub fn cargo_mutants(tree: &Tree, _long: bool) -> Result<bool, String> {
    let tools = tree.keep.join("tools");
    let binary = tools.join("bin/cargo-mutants");
    if !binary.exists() {
        let mut install = Command::new("cargo");
        install.args(["install", "--quiet", "--locked", "--version", CARGO_MUTANTS]);
        must(install.arg("cargo-mutants").arg("--root").arg(tools), "installing cargo-mutants")?;
    }
    let mut command = tree.cargo(&[]);
    let arguments = command.get_envs().map(|(k, v)| (k.to_owned(), v.map(ToOwned::to_owned)));
    let environment: Vec<_> = arguments.filter(|(key, _)| key != "CARGO_TARGET_DIR").collect();
    let folder = command.get_current_dir().map(ToOwned::to_owned);
    command = Command::new(binary);
    command.args(["mutants", "--no-shuffle", "--colors=never", "--all-features", "-j", "2"]);
    command.arg("--config").arg(tree.project.join("crates/rundown/mutants.toml"));
    command.arg("--output").arg(&tree.keep);
    for (key, value) in environment {
        command.env(key, value.unwrap_or_default());
    }
    let folder = folder.ok_or("the copy has no folder")?;
    let outcome = run_tests(command.current_dir(folder), Duration::from_secs(3 * 3600))?;
    println!("{}", outcome.text);
    Ok(outcome.end == End::Passed)
}
