//! The instructions of each hot function are those that docs/instructions.md has, on three machines.
//!
//! On x86-64 valgrind and the processor itself count them, in a program (crates/paths); on AArch64 QEMU does, in the kernel
//! (examples/paths.rs), with and without the single instructions of FEAT_LSE. The listings of docs/guide/atomics.md
//! are compared with the code of the images word by word.

mod document;
mod kernel;
mod listing;
mod program;

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;

use crate::context::Context;
use crate::step::{Outcome, Step};
use crate::transcript;
use document::{Column, Counted, FILE, Row};
use runner::process;

/// Seconds for a step; a kernel may have to be built.
const PATIENCE: u64 = 1200;
/// The most that an acquire and a release of a static object may take together.
const MOST: [(Column, u64); 2] = [(Column::Exclusives, 29), (Column::Lse, 25)];

/// The steps.
pub fn steps() -> Vec<Step> {
    let mut steps = vec![Step::new("instructions: on x86-64", PATIENCE, |context, deadline| {
        let counted = program::count(context, "valgrind", deadline)?;
        let mut rows = rows(context)?;
        let is_counted = |name: &str| counted.iter().any(|(one, _)| one == name);
        rows.retain(|row| !program::may_lack(&row.name) || is_counted(&row.name));
        judged(context, &rows, Column::X86, &counted)
    })];
    for column in [Column::Exclusives, Column::Lse] {
        let name = format!("instructions: on AArch64, {}", column.name());
        steps.push(Step::new(name, PATIENCE, move |context, deadline| {
            on_aarch64(context, column, deadline)
        }));
    }
    steps
}

fn on_aarch64(context: &Context, column: Column, deadline: Instant) -> anyhow::Result<Outcome> {
    let image = kernel::image(context, column == Column::Lse, deadline)?;
    let (counted, mut sum) = kernel::count(context, &image, deadline)?;
    if sum.failed > 0 {
        return Ok(sum);
    }
    sum.add(judged(context, &rows(context)?, column, &counted)?);
    sum.add(short(column, &counted));
    let listed = std::fs::read_to_string(context.root().join(listing::FILE))?;
    sum.add(listing::compared(&listed, column.name(), &std::fs::read(&image)?)?);
    if column == Column::Lse {
        sum.add(refused(context, &image, deadline)?);
    }
    Ok(sum)
}

/// A core without FEAT_LSE says so, in the words that the guide shows.
fn refused(context: &Context, image: &Path, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = context.tool("runner")?;
    let output = process::run(command.arg(image).env("QEMU_CPU", "cortex-a53"), deadline)?;
    let shown = transcript::read(context, listing::FILE, "lacks")?;
    let good = output.status == Some(1) && output.merged.trim() == shown;
    Ok(Outcome::check(good, || output.report(&command)))
}

fn document(context: &Context) -> anyhow::Result<String> {
    std::fs::read_to_string(context.root().join(FILE)).context(FILE)
}

fn rows(context: &Context) -> anyhow::Result<Vec<Row>> {
    document::rows(&document(context)?)
}

/// Compares what was counted with the table, and has it written there, if that is asked for.
fn judged(
    context: &Context,
    rows: &[Row],
    column: Column,
    counted: &Counted,
) -> anyhow::Result<Outcome> {
    let mut sum = compared(rows, column, counted);
    if sum.failed > 0 && context.writes() {
        let new = document::with(&document(context)?, column, counted)?;
        std::fs::write(context.root().join(FILE), new)?;
        sum.output.push_str(&format!("{FILE}: the numbers of its rows are written anew\n"));
    }
    Ok(sum)
}

/// Compares what was counted with the table: each function has its number there, and no other has one.
fn compared(rows: &[Row], column: Column, counted: &[(String, u64)]) -> Outcome {
    let mut sum = Outcome::default();
    let what_to_do = "if that is meant, copy it there (and see \"When a number changes\")";
    for (name, now) in counted {
        let row = rows.iter().find(|row| row.name == *name);
        let right = row.is_some_and(|row| row.counts[column as usize] == Some(*now));
        sum.add(Outcome::check(right, || {
            let mut row = row.cloned().unwrap_or_else(|| Row::new(name));
            row.counts[column as usize] = Some(*now);
            format!("{FILE}: the row is now\n{row}\n{what_to_do}\n")
        }));
    }
    for row in rows.iter().filter(|row| row.counts[column as usize].is_some()) {
        let is_there = counted.iter().any(|(name, _)| *name == row.name);
        sum.add(Outcome::check(is_there, || {
            format!("{FILE}: {} was not counted, {}\n", row.name, column.name())
        }));
    }
    sum
}

/// Checks that a pair is as short as it has to be.
fn short(column: Column, counted: &[(String, u64)]) -> Outcome {
    let of = |what| counted.iter().find(|(name, _)| name == what).map(|(_, count)| *count);
    let pair = of("static_acquire").zip(of("static_release"));
    let most = MOST.iter().find(|(of, _)| *of == column).map(|(_, most)| *most);
    let good = pair.zip(most).is_some_and(|((acquire, release), most)| acquire + release <= most);
    Outcome::check(good, || {
        format!("a static acquire and its release: {pair:?}; at most {most:?} together\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn counted(numbers: &[(&str, u64)]) -> Counted {
        numbers.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    const TABLE: &str = "| `a` | 5 | 7 | 6 | first |\n| `b` | 5 | – | – | second |\n";

    #[test]
    fn a_number_that_differs_comes_with_the_row_as_it_is_now() {
        let rows = document::rows(TABLE).unwrap();
        let good = compared(&rows, Column::X86, &counted(&[("a", 5), ("b", 5)]));
        assert_eq!((good.passed, good.failed), (4, 0));
        let other = compared(&rows, Column::Lse, &counted(&[("a", 8)]));
        assert_eq!((other.passed, other.failed), (1, 1));
        assert!(other.output.contains("\n| `a` | 5 | 7 | 8 | first |\n"), "{}", other.output);
    }

    #[test]
    fn a_number_is_written_only_if_that_is_asked_for() {
        let fake = Fake::new();
        fake.file(FILE, TABLE);
        let judge = |context: &Context| {
            let rows = rows(context).unwrap();
            judged(context, &rows, Column::Lse, &counted(&[("a", 8)])).unwrap()
        };
        assert_eq!(judge(&fake.context).failed, 1);
        assert_eq!(document(&fake.context).unwrap(), TABLE);
        let writing = fake.context.clone().writing(true);
        assert!(judge(&writing).output.ends_with("are written anew\n"));
        assert_eq!(document(&fake.context).unwrap(), TABLE.replace("| 6 |", "| 8 |"));
        assert_eq!(judge(&writing).failed, 0);
    }

    #[test]
    fn a_function_without_a_row_and_a_number_without_a_function_fail() {
        let rows = document::rows(TABLE).unwrap();
        let new = compared(&rows, Column::Exclusives, &counted(&[("a", 7), ("c", 9)]));
        assert_eq!((new.passed, new.failed), (2, 1));
        assert!(new.output.contains("\n| `c` | – | 9 | – |  |\n"), "{}", new.output);
        let gone = compared(&rows, Column::X86, &counted(&[("a", 5)]));
        assert_eq!((gone.passed, gone.failed), (2, 1));
        assert!(gone.output.contains("b was not counted"), "{}", gone.output);
    }

    #[test]
    fn a_pair_may_be_as_long_as_it_may() {
        let pair = |acquire| counted(&[("static_acquire", acquire), ("static_release", 9)]);
        let passes = |column, acquire| short(column, &pair(acquire)).passed == 1;
        assert!(passes(Column::Exclusives, 20) && !passes(Column::Exclusives, 21));
        assert!(passes(Column::Lse, 16) && !passes(Column::Lse, 17));
        assert_eq!(short(Column::Lse, &counted(&[("static_acquire", 1)])).failed, 1);
    }
}
