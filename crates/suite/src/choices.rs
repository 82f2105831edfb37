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
const PAGE: &str = "docs/guide/schedules.md";
/// Rows with no larger number are cheap.
const CHEAP: u64 = 5;

/// Compares the rows of the table with real hunts. `whole`: all of them, and not only the cheap ones.
fn table(context: &Context, whole: bool, deadline: Instant) -> anyhow::Result<Outcome> {
    let wanted = transcript::read(context, PAGE, "seeds")?;
    let (command, rows) = wanted.split_once('\n').context("there is no table")?;
    let words = command.strip_prefix("$ scripts/explore ").context("another command")?;
    let chosen: Vec<&str> = rows.lines().skip(2).filter(|row| whole || is_cheap(row)).collect();
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

/// Returns whether both numbers of a row are small.
fn is_cheap(row: &str) -> bool {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    cells.len() == 5 && cells[2..4].iter().all(|cell| cell.parse().is_ok_and(|n: u64| n <= CHEAP))
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
            let seeds = if tier == Tier::Icount { 7 } else { 1 };
            for first in 1..=seeds {
                let one = Seeds { scenario, first, count: 1, apart: 1 };
                let run = outcome::runs(&kernel.boot(&one, cores, false)?, &one).remove(0);
                let steps = run.steps.with_context(|| format!("{run:?}"))?;
                lengths.push(if tier == Tier::Icount {
                    steps * half_slices(first) / 2
                } else {
                    steps
                });
            }
            let real = median(lengths) / u64::from(cores);
            let said = if tier == Tier::Icount { scenario.instructions } else { scenario.accesses };
            sum.add(Outcome::check(fits(said, real), || {
                format!("{}, {tier:?}: a core takes {real}, not {said}\n", scenario.name)
            }));
        }
    }
    Ok(sum)
}

/// Returns twice the mean length of a seed's slices: each has 1 to `longest` instructions, and the seed's first
/// number says which that is.
fn half_slices(seed: u64) -> u64 {
    let longest = LONGEST_SLICE >> (Random::new(seed).draw() % 4);
    longest + 1
}

fn median(mut lengths: Vec<u64>) -> u64 {
    lengths.sort_unstable();
    lengths[lengths.len() / 2]
}

/// Returns whether a length is within a factor of two of what is said.
fn fits(said: u64, real: u64) -> bool {
    (said.div_ceil(2)..=2 * said).contains(&real)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;
    use mutants::catalogue;
    use mutants::mutant::Explorer::{LeftOut, Quick};
    use std::path::Path;

    #[test]
    fn a_length_is_said_within_a_factor_of_two() {
        let fits = |real| fits(101, real);
        assert_eq!([fits(50), fits(51), fits(202), fits(203)], [false, true, true, false]);
        assert_eq!((median(vec![9, 1, 5]), median(vec![4])), (5, 4));
        let halves: std::collections::BTreeSet<u64> = (1..100).map(half_slices).collect();
        assert_eq!(halves.into_iter().collect::<Vec<_>>(), [9, 17, 33, 65]);
    }

    #[test]
    fn a_row_is_cheap_where_both_numbers_are_small() {
        assert!(is_cheap("| a | 1 | 5 |"));
        for row in
            ["| a | 1 | 6 |", "| a | 6 | 1 |", "| a | 1 | - |", "| a | 1 |", "| a | 1 | 1 | 1 |"]
        {
            assert!(!is_cheap(row), "{row}");
        }
    }

    #[test]
    fn the_page_has_as_many_known_bugs_as_there_are_and_a_row_for_each_quick_one() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(PAGE);
        let page = std::fs::read_to_string(page).unwrap();
        let found = catalogue::all().filter(|bug| !matches!(bug.explorer, LeftOut(_)));
        let says = format!("with {} known bugs", found.count());
        assert!(page.contains(&says), "{PAGE} does not say \"{says}\"");
        for name in catalogue::all().filter(|bug| bug.explorer == Quick).map(|bug| bug.name) {
            let row = format!("\n| {name} | ");
            let prints = format!("scripts/explore --mutants '{name}' --compare --seeds 200");
            assert!(page.contains(&row), "{PAGE} lacks the row that this prints: {prints}");
        }
    }

    #[test]
    fn rows_of_the_table_are_what_is_found() {
        let fake = Fake::new();
        let page = |rows: &str| {
            let text = format!(
                "<!-- transcript: seeds -->\n```\n$ scripts/explore --mutants --quick --both\n| bug | a | b |\n|---|\n{rows}```\n"
            );
            fake.file(PAGE, &text);
            let step =
                |whole| Step::new("x", 9, move |context, deadline| table(context, whole, deadline));
            [fake.run(&step(false)), fake.run(&step(true))]
        };
        fake.script(
            "built/explore",
            "[ \"$1 $3 $4\" = '--mutants --both ' ] && echo \"| $2 | 1 | 2 |\"",
        );
        assert_eq!(page("| one | 1 | 2 |\n| two | 1 | 2 |\n"), [(2, 0), (2, 0)]);
        assert_eq!(page("| one | 1 | 2 |\n| two | 1 | 3 |\n"), [(1, 1), (1, 1)]);
        assert_eq!(
            page("| one | 1 | 2 |\n| two | 1 | 9 |\n"),
            [(0, 1), (1, 1)],
            "one row is no table"
        );
        fake.script("built/explore", "echo \"| $2 | 1 | 2 |\"; exit 1");
        assert_eq!(page("| one | 1 | 2 |\n| two | 1 | 2 |\n"), [(0, 1), (0, 1)]);
    }
}
