//! What the primitive's crate promises to who builds it: no dependency, any target with atomics, and a
//! protocol that is read in one sitting.

use std::time::Instant;

use crate::context::Context;
use crate::step::{Outcome, Step};
use runner::process;

/// Targets without an operating system that it builds for. The 32-bit ones have no 64-bit atomics.
/// scripts/setup --tests installs them.
const TARGETS: [&str; 5] = [
    "aarch64-unknown-none",
    "aarch64-unknown-none-softfloat",
    "riscv32imac-unknown-none-elf",
    "thumbv7em-none-eabi",
    "x86_64-unknown-none",
];
/// Features that need no operating system.
const FEATURES: [&str; 4] = ["", "alloc", "holders", "alloc,holders"];
/// Targets whose processors have no atomic read-modify-write. With the feature that makes up for it, they are for
/// `embedded`.
const WITHOUT_ATOMICS: [&str; 2] = ["thumbv6m-none-eabi", "riscv32imc-unknown-none-elf"];
/// How the compiler's only error must begin there, and what it must name.
const REFUSAL: &str = "error: rundown needs atomic read-modify-write operations on pointer-sized words, which this target lacks";
const REMEDY: &str = "enable rundown's feature `portable-atomic`";
/// How cargo's own last line begins.
const SUMMARY: &str = "error: could not compile `rundown`";
/// A target with lines of a size of its own, whose programs no system here need run: it has `std`.
const LONG_LINES: &str = "s390x-unknown-linux-gnu";
/// Seconds for a step.
const PATIENCE: u64 = 300;
/// The most lines that one reads in a sitting.
const ONE_SITTING: usize = 300;

/// The steps.
pub fn steps() -> Vec<Step> {
    let mut steps = vec![
        Step::new("rundown has no dependency", PATIENCE, no_dependency),
        Step::new("rundown's protocol is read in one sitting", PATIENCE, one_sitting),
        Step::new("rundown refuses a target without atomics", PATIENCE, refusal),
    ];
    for target in TARGETS {
        let name = format!("build rundown for {target}");
        steps
            .push(Step::new(name, PATIENCE, |context, deadline| builds(context, target, deadline)));
    }
    let name = format!("build rundown for {LONG_LINES}");
    steps.push(Step::new(name, PATIENCE, |context, deadline| {
        let mut all = builds(context, LONG_LINES, deadline)?;
        // The test of the line's size asserts it when it is compiled.
        let mut command = context.command("cargo", "");
        command.args(["check", "--package", "rundown", "--all-features", "--tests"]);
        let output = process::run(command.args(["--target", LONG_LINES]), deadline)?;
        all.add(Outcome::check(output.succeeded(), || output.report(&command)));
        Ok(all)
    }));
    steps
}

fn no_dependency(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = context.command("cargo", "");
    // All kinds of dependencies, also those of the build and of the tests.
    command.args(["tree", "--quiet", "--package", "rundown", "--edges", "all"]);
    let output = process::run(&mut command, deadline)?;
    let lines: Vec<&str> = output.merged.lines().collect();
    let good = output.succeeded() && matches!(lines[..], [only] if only.starts_with("rundown v"));
    Ok(Outcome::check(good, || output.report(&command)))
}

fn one_sitting(context: &Context, _: Instant) -> anyhow::Result<Outcome> {
    let path = context.root().join("crates/rundown/src/protocol.rs");
    let lines = std::fs::read_to_string(&path)?.lines().count();
    Ok(Outcome::check((1..=ONE_SITTING).contains(&lines), || {
        format!("{} has {lines} lines; at most {ONE_SITTING} are allowed\n", path.display())
    }))
}

fn builds(context: &Context, target: &str, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut all = Outcome::default();
    for features in FEATURES {
        let mut command = context.command("cargo", "");
        command.args(["build", "--package", "rundown", "--target", target]);
        command.args(["--no-default-features", "--features", features]);
        let output = process::run(&mut command, deadline)?;
        all.add(Outcome::check(output.succeeded(), || output.report(&command)));
    }
    Ok(all)
}

fn refusal(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut all = Outcome::default();
    for target in WITHOUT_ATOMICS {
        for features in FEATURES {
            let mut command = context.command("cargo", "");
            command.args(["check", "--quiet", "--package", "rundown", "--target", target]);
            command.args(["--no-default-features", "--features", features]);
            let output = process::run(&mut command, deadline)?;
            let good = !output.succeeded() && is_refusal(&output.stderr);
            all.add(Outcome::check(good, || output.report(&command)));
        }
    }
    Ok(all)
}

/// Returns whether the compiler has one error, which says what to do.
fn is_refusal(said: &str) -> bool {
    let errors = said.lines().filter(|line| line.starts_with("error"));
    let errors: Vec<&str> = errors.filter(|line| !line.starts_with(SUMMARY)).collect();
    matches!(errors[..], [only] if only.starts_with(REFUSAL) && only.contains(REMEDY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_single_error_that_says_what_to_do() {
        let refusal = format!("{REFUSAL}: {REMEDY}\n  --> sync.rs\n{SUMMARY} (lib)\n");
        assert!(is_refusal(&refusal));
        assert!(!is_refusal(&format!("{refusal}error[E0599]: no method named `swap`\n")));
        assert!(!is_refusal(&format!("{REFUSAL}\n{SUMMARY} (lib)\n")));
        assert!(!is_refusal(SUMMARY));
    }
}
