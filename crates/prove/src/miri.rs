//! The host tests under Miri: data races, dangling references, leaks, strict provenance.

use crate::tree::{End, Tree, must, run as run_tests};
use std::process::Command;
use std::time::Duration;

/// Tests whose outcome depends on the schedule, by parts of their names.
const RACES: [&str; 8] =
    ["d04_", "d06_", "d09_", "d10_", "wait_refuses", "under_way", "rounds_", "race_"];

/// The forms that the bounded run explores with many seeds: plain, and several slots.
const SKIPPED: [&str; 4] =
    ["of_one_slot", "in_the_callers_memory", "in_an_allocation", "that_sleeps"];

/// Runs every test once and the races with 16 seeds; `long`: everything with 256.
pub fn run(tree: &Tree, long: bool) -> Result<bool, String> {
    install()?;
    let mut runs = vec![("every test, 1 seed", "0..1", Vec::new())];
    if long {
        runs = vec![("every test, 256 seeds", "0..256", Vec::new())];
    } else {
        let skip = SKIPPED.iter().flat_map(|form| ["--skip", form]);
        runs.push(("races, 16 seeds", "1..17", RACES.into_iter().chain(skip).collect()));
    }
    let mut passed = true;
    for (what, seeds, filter) in runs {
        let mut command = tree.cargo(&["+nightly", "miri", "test", "--all-features"]);
        command.args(["--lib", "--tests", "--", "--quiet"]).args(filter);
        // Leak checks stay on. Isolation stays on: no test needs the host.
        command.env("MIRIFLAGS", format!("-Zmiri-strict-provenance -Zmiri-many-seeds={seeds}"));
        let limit = Duration::from_secs(if long { 12 * 3600 } else { 900 });
        let outcome = run_tests(&mut command, limit)?;
        let clean = outcome.end == End::Passed;
        println!("miri, {what}: {}", if clean { "clean" } else { "FAILED" });
        if !clean {
            println!("{}", outcome.text);
        }
        passed &= clean;
    }
    Ok(passed)
}

fn install() -> Result<(), String> {
    let succeeds = |arguments: &[&str]| {
        let output = Command::new("cargo").args(arguments).output();
        output.is_ok_and(|output| output.status.success())
    };
    if !succeeds(&["+nightly", "--version"]) {
        return Err("Miri needs a nightly toolchain: rustup toolchain install nightly".into());
    }
    if succeeds(&["+nightly", "miri", "--version"]) {
        return Ok(());
    }
    let mut add = Command::new("rustup");
    add.args(["component", "add", "miri", "rust-src", "--toolchain", "nightly"]);
    must(&mut add, "rustup component add miri")
}
