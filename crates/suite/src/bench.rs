//! The host benchmark runs, counts right and prints all of its table. Nothing is judged by time.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use crate::context::Context;
use crate::step::{Outcome, Step, refused};
use ::ladder::{About, VARIANTS};
use rundown_bench::variants::WITH_STD;
use runner::process;
use tools::measure;

/// Seconds for a build, and then some.
const PATIENCE: u64 = 600;

/// The steps.
pub fn steps() -> Vec<Step> {
    vec![
        Step::new("bench: scripts/bench --quick prints a whole table", PATIENCE, table),
        Step::new("bench: cargo bench runs the same", PATIENCE, harness),
        Step::new("bench: wrong usage is one line and status 2", PATIENCE, usage),
    ]
}

fn table(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = context.command("scripts/bench", "");
    check(command.arg("--quick"), deadline)
}

fn harness(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = context.command("cargo", "crates/bench");
    check(command.args(["bench", "--quiet", "--", "--quick"]), deadline)
}

/// Runs it. Checks that everything was measured with as many threads, that counts are right, and that the table
/// has a row for each; one check a variant.
fn check(command: &mut Command, deadline: Instant) -> anyhow::Result<Outcome> {
    let output = process::run(command, deadline)?;
    ensure!(output.succeeded(), "{}", output.report(command));
    let measured = measure::collect(&output.merged).map_err(anyhow::Error::msg)?;
    let mut threads: Option<Vec<u64>> = None;
    let variants: Vec<&About> = VARIANTS.iter().chain(&WITH_STD).collect();
    for about in &variants {
        let variant = about.name;
        let of_variant =
            measured.iter().filter(|one| one.get("rung").is_some_and(|name| name == variant));
        let mut counts = Vec::new();
        for one in of_variant {
            let number =
                |what: &str| one[what].as_u64().with_context(|| format!("{what}: {one:?}"));
            let count = number("threads")?;
            ensure!((!about.is_exact() && count > 1) || number("off_by")? == 0, "{one:?}");
            ensure!(one["nanoseconds_per_pair"].as_f64() > Some(0.0), "{one:?}");
            counts.push(count);
        }
        ensure!(counts.first() == Some(&1), "{variant} with {counts:?} threads");
        ensure!(
            *threads.get_or_insert(counts.clone()) == counts,
            "{variant} with {counts:?} threads"
        );
        let row = |line: &&str| line.split_whitespace().next() == Some(variant);
        // Behind the table of the variants comes that of everybody, with names of its own.
        let before = output.merged.lines().take_while(|line| !line.starts_with("candidate"));
        let rows: Vec<&str> = before.filter(row).collect();
        ensure!(rows.len() == 1, "{variant} has {} rows: {rows:?}", rows.len());
        // Nanoseconds with one thread and with most, a ratio a number of threads, "lowest to highest".
        let numbers = rows[0].split_whitespace().filter(|word| word.parse::<f64>().is_ok()).count();
        ensure!(numbers == 2 + counts.len() - 1 + 2, "{}", rows[0]);
    }
    let drains = measured.iter().filter(|one| one["name"] == "bench_drain").count();
    ensure!(drains == 10, "{drains} drains");
    Ok(Outcome::passed(variants.len()))
}

fn usage(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = context.command("scripts/bench", "");
    refused(command.arg("--fast"), "rundown: --fast", deadline)
}
