//! The commands of lab 1's sheet, as students type them: they count what our solution says.

use std::fs;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use crate::context::Context;
use crate::course::folder_of_solutions;
use crate::step::{Outcome, Step};
use grade::count_lines::{MORE, VARIANTS};
use runner::process;

const SHEET: &str = "docs/course/1-count-lines.md";
/// Bytes of a line, where the sheet says nothing else.
const LINE: u32 = 64;

/// The step.
pub fn step() -> Step {
    Step::new("course: the commands of lab 1 count what its solution says", 600, counted)
}

fn counted(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let solution = fs::read_to_string(folder_of_solutions(context)?.join("lab1.toml"))?;
    let (_, answers) = solution.split_once("[counted]").context("the solution has no counts")?;
    let sheet = fs::read_to_string(context.root().join(SHEET)).context(SHEET)?;
    let mut printed = String::new();
    for line in sheet.lines().filter_map(|line| line.trim().strip_prefix("scripts/lab ")) {
        let mut command = context.command("scripts/lab", "");
        let output = process::run(command.args(line.split_whitespace()), deadline)?;
        ensure!(output.succeeded(), "{}", output.report(&command));
        printed += &output.stdout;
    }
    let mut sum = Outcome::default();
    for (name, phase, line) in VARIANTS.map(|name| (name, name, LINE)).into_iter().chain(MORE) {
        let answer = answers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
        let found = transfers(&printed, phase, line);
        sum.add(Outcome::check(answer.is_some() && found == answer, || {
            format!(
                "{name}: the solution has {answer:?}, the sheet's commands {found:?}:\n{printed}"
            )
        }));
    }
    Ok(sum)
}

/// Returns the transfers of a phase with lines of so many bytes.
fn transfers<'a>(printed: &'a str, phase: &str, line: u32) -> Option<&'a str> {
    let (_, rows) = printed.split_once(&format!("lines of {line} bytes\n"))?;
    let of = |row: &'a str| row.strip_prefix(phase)?.strip_prefix(' ')?.split_whitespace().next();
    rows.lines().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn each_answer_is_wanted_of_the_commands_in_the_sheet() {
        let fake = Fake::new();
        let commands = "```sh\nscripts/lab --a\n```\n3. x:\n   scripts/lab --b\n";
        fake.file(SHEET, commands);
        assert!(fake.outcome(&step()).not_run, "a fork for students has no solutions");
        let wide = "lines of 128 bytes\npadded64 1600 0\n";
        let counts = "lines of 64 bytes\n\nphase x\nshared 1600\nplain 2200 9\npacked 1600 0\n\
                      padded64 0 0\ncache_aware 0 0\ndrain 8 7 0\n";
        let lab = |first: &str, second: &str| {
            fake.script(
                "scripts/lab",
                &format!("case $1 in --a) printf '{first}' ;; --b) printf '{second}' ;; esac"),
            );
            fake.run(&step())
        };
        // Not the real one: a fork for students has none, and this is built there, too.
        let solution = "[predicted]\nshared = 2\n[counted]\nshared = 1600\nplain = 2200\npacked = 1600\n\
                        padded64 = 0\ncache_aware = 0\n[more]\ndrain_of_8_slots = 7\n\
                        padded64_with_lines_of_128 = 1600\n";
        fake.file("crates/grade/solutions/lab1.toml", solution);
        assert_eq!(lab(counts, wide), (7, 0));
        assert_eq!(lab(counts, ""), (6, 1));
        assert_eq!(lab(&counts.replace("drain 8 7", "drain 8 8"), wide), (6, 1));
        assert_eq!(lab(&counts.replace("drain 8", "drain 80"), wide), (6, 1));
        assert_eq!(lab(counts, &wide.replace("1600", "0")), (6, 1));
        fake.file(SHEET, "");
        assert_eq!(lab(counts, wide), (0, 7));
    }
}
