//! Both ways to choose who is next: the table of seeds needed, and the lengths that priorities count on.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use pct::Random;

use crate::context::Context;
use crate::schedules::{kernel, step};
use crate::step::{Outcome, Step};
use crate::transcript;
use explore::arguments::Tier;
use explore::outcome;
use explore::scenario::{ALL, Seeds};
use explore::schedule::Choice;
use runner::process;

/// The steps. `long`: the whole table.
pub fn steps(long: bool) -> [Step; 2] {
    [
        step("runs are as long as priorities expect", lengths),
        step("the table of seeds needed is what is found", move |context, deadline| {
            table(context, long, deadline)
        }),
    ]
}

/// The page with the table of known bugs.
const PAGE: &str = "docs/schedules.md";
/// Rows with no larger number are cheap.
const CHEAP: u64 = 5;

/// Compares the rows of the table with real hunts. `whole`: all of them, and not only the cheap ones.
fn table(context: &Context, whole: bool, deadline: Instant) -> anyhow::Result<Outcome> {
    let wanted = transcript::read(context, PAGE, "seeds")?;
    let (command, rows) = wanted.split_once('\n').context("there is no table")?;
    let words = command.strip_prefix("$ scripts/explore ").context("another command")?;
    let cheap = |row: &&str| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        cells.len() == 5
            && cells[2..4].iter().all(|cell| cell.parse().is_ok_and(|n: u64| n <= CHEAP))
    };
    let chosen: Vec<&str> = rows.lines().skip(2).filter(|row| whole || cheap(row)).collect();
    ensure!(chosen.len() > 1, "the table has too few rows:\n{wanted}");
    let mut sum = Outcome::default();
    for row in chosen {
        let name = row.split('|').nth(1).context("a row without a name")?.trim();
        let mut command = context.tool("explore")?;
        let words = words.split_whitespace().filter(|word| *word != "--quick");
        // The name is the value of --mutants, which comes first.
        command.args(words.clone().take(1)).arg(name).args(words.skip(1));
        let output = process::run(&mut command, deadline)?;
        ensure!(output.succeeded(), "{}", output.report(&command));
        let found = output.stdout.lines().any(|line| line == row);
        sum.add(Outcome::check(found, || format!("{PAGE}: {row}\nreal runs:\n{}", output.stdout)));
    }
    Ok(sum)
}

/// The longest slice of any run (`LONGEST_SLICE` in examples/scenarios/schedule/scheduler.rs).
const LONGEST_SLICE: u64 = 64;

/// Compares the lengths in the list of scenarios with runs in which each core has the same chance: within a
/// factor of two, as they are for all numbers of cores.
fn lengths(context: &Context, _: Instant) -> anyhow::Result<Outcome> {
    let cores = 4;
    let mut sum = Outcome::default();
    for tier in [Tier::Icount, Tier::Plugin] {
        let kernel = kernel(context, tier, Choice::Uniform)?;
        for &scenario in ALL {
            let mut lengths = Vec::new();
            for first in 1..=if tier == Tier::Icount { 7 } else { 1 } {
                let one = Seeds { scenario, first, count: 1, apart: 1 };
                let run = outcome::runs(&kernel.boot(&one, cores, false)?, &one).remove(0);
                let steps = run.steps.with_context(|| format!("{run:?}"))?;
                // A slice has 1 to `longest` instructions; the seed's first number says which that is.
                let longest = LONGEST_SLICE >> (Random::new(first).draw() % 4);
                lengths.push(if tier == Tier::Icount { steps * (longest + 1) / 2 } else { steps });
            }
            lengths.sort_unstable();
            let real = lengths[lengths.len() / 2] / u64::from(cores);
            let said = if tier == Tier::Icount { scenario.instructions } else { scenario.accesses };
            sum.add(Outcome::check((said.div_ceil(2)..=2 * said).contains(&real), || {
                format!("{}, {tier:?}: a core takes {real}, not {said}\n", scenario.name)
            }));
        }
    }
    Ok(sum)
}
