//! The host benchmark runs, counts right and prints all of its table. Nothing is judged by time.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::context::Context;
use crate::step::{Outcome, Step};
use ::ladder::{About, VARIANTS};
use rundown_bench::variants::WITH_STD;
use runner::process;
use tools::measure;

/// A build, and then some seconds.
const PATIENCE: Duration = Duration::from_secs(600);

/// The steps.
pub fn steps() -> Vec<Step> {
    let step = |name: &str, work: fn(&Context, Instant) -> anyhow::Result<Outcome>| Step {
        name: format!("bench: {name}"),
        deadline: PATIENCE,
        work: Box::new(work),
    };
    vec![
        step("scripts/bench --quick prints a whole table", table),
        step("cargo bench runs the same", harness),
        step("wrong usage is one line and status 2", usage),
    ]
}

fn table(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = context.command("scripts/bench", "");
    command.arg("--quick");
    let output = process::run(&mut command, deadline)?;
    ensure!(output.succeeded(), "{}", output.report(&command));
    check(&output.merged)
}

fn harness(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = context.command("cargo", "crates/bench");
    command.args(["bench", "--quiet", "--", "--quick"]);
    let output = process::run(&mut command, deadline)?;
    ensure!(output.succeeded(), "{}", output.report(&command));
    check(&output.merged)
}

/// Checks that everything was measured with as many threads, that counts are right, and that the table
/// has a row for each; one check a variant.
fn check(output: &str) -> anyhow::Result<Outcome> {
    let measured = measure::collect(output).map_err(anyhow::Error::msg)?;
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
        let rows: Vec<&str> = output.lines().filter(row).collect();
        ensure!(rows.len() == 1, "{variant} has {} rows: {rows:?}", rows.len());
        // Nanoseconds with one thread and with most, a ratio a number of threads, "lowest to highest".
        let numbers = rows[0].split_whitespace().filter(|word| word.parse::<f64>().is_ok()).count();
        ensure!(numbers == 2 + counts.len() - 1 + 2, "{}", rows[0]);
    }
    let drains = measured.iter().filter(|one| one["name"] == "bench_drain").count();
    ensure!(drains == 10, "{drains} drains");
    Ok(Outcome { passed: variants.len() as u64, ..Outcome::default() })
}

fn usage(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = context.command("scripts/bench", "");
    command.arg("--fast");
    let output = process::run(&mut command, deadline)?;
    let one_line =
        output.merged.lines().count() == 1 && output.stderr.starts_with("rundown: --fast");
    let good = output.status == Some(2) && one_line;
    Ok(if good { Outcome::one() } else { Outcome::failure(output.report(&command)) })
}
