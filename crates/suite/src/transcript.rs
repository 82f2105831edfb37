//! The transcripts in README.md and docs/ have the shape of real runs.
//!
//! Numbers, addresses, times, printed bars and the width of columns differ from run to run; the words and the
//! lines do not, and where a run counts instructions nothing does. A line of a transcript that is just
//! `...` stands for any lines.

use std::sync::LazyLock;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use regex::{Captures, Regex};

use crate::context::Context;
use crate::image::Image;
use crate::ladder::COUNTED;
use crate::step::{Outcome, Step};
use runner::process;

/// A fenced block after the line `<!-- transcript: NAME -->`, and the run that it shows.
struct Transcript {
    file: &'static str,
    name: &'static str,
    image: Image,
    variables: &'static [(&'static str, &'static str)],
    /// Runs until one must have the shape: more than one where a host that is busy shows in words.
    runs: u32,
    /// The run is the same each time, to the last digit.
    exact: bool,
    /// The kernel passes.
    passes: bool,
}

const DEMO: Transcript = Transcript {
    file: "README.md",
    name: "demo",
    image: Image::DemoRelease,
    variables: &[],
    runs: 1,
    exact: false,
    passes: true,
};
const FAILS: Transcript = Transcript {
    file: "docs/guide/first-atomic.md",
    image: Image::MustFail,
    passes: false,
    ..DEMO
};
const TRANSCRIPTS: &[Transcript] = &[
    DEMO,
    Transcript {
        file: "docs/guide/clock.md",
        name: "ladder",
        image: Image::Ladder,
        runs: 5,
        ..DEMO
    },
    Transcript {
        file: "docs/guide/atomics.md",
        name: "instructions",
        image: Image::Ladder,
        variables: COUNTED,
        exact: true,
        ..DEMO
    },
    Transcript {
        file: "docs/guide/interrupts.md",
        name: "interrupts",
        image: Image::Interrupts,
        ..DEMO
    },
    Transcript {
        name: "missing",
        variables: &[("QEMU_SMP", "17"), ("QEMU_EXTRA", "-append must_fail=core_missing")],
        ..FAILS
    },
    Transcript {
        name: "overflow",
        variables: &[("QEMU_EXTRA", "-append must_fail=stack_overflow_other_core")],
        ..FAILS
    },
    Transcript { file: "examples/riscv/README.md", name: "riscv", image: Image::Riscv, ..DEMO },
];
/// A line that stands for any number of lines.
pub const ANY: &str = "...";

/// Returns a step for each transcript.
pub fn steps() -> impl Iterator<Item = Step> {
    TRANSCRIPTS.iter().map(|transcript| {
        let name = format!("the transcript \"{}\" in {}", transcript.name, transcript.file);
        Step::new(name, 300, |context, deadline| check(transcript, context, deadline))
    })
}

/// Returns the file and the name of each.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    TRANSCRIPTS.iter().map(|transcript| (transcript.file, transcript.name))
}

fn check(transcript: &Transcript, context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let Transcript { file, name, image, variables, runs, exact, passes } = transcript;
    let normal = if *exact { unchanged } else { normal };
    let wanted = shape(&read(context, file, name)?, normal);
    ensure!(!wanted.is_empty(), "the transcript has no report in it");
    let mut wrong = String::new();
    for _ in 0..*runs {
        let mut command = context.boot(*image)?;
        command.envs(variables.iter().copied());
        let output = process::run(&mut command, deadline)?;
        let status = Some(if *passes { 0 } else { 1 });
        ensure!(output.status == status, "{}", output.report(&command));
        match difference(&wanted, &shape(&output.merged, normal)) {
            None => return Ok(Outcome::one()),
            Some(first) => wrong = format!("{file}, {first}\nA real run:\n{}", output.merged),
        }
    }
    Ok(Outcome::failure(wrong))
}

/// Returns the fenced block after the mark in a file of the project.
pub fn read(context: &Context, file: &str, name: &str) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(context.root().join(file)).context(file.to_owned())?;
    block(&text, name)
        .with_context(|| format!("{file} has no fenced block after <!-- transcript: {name} -->"))
}

/// Returns the fenced block after the mark.
fn block(text: &str, name: &str) -> Option<String> {
    let mark = format!("<!-- transcript: {name} -->");
    let after = text.lines().skip_while(|line| line.trim() != mark).skip(1);
    let mut after = after.skip_while(|line| line.trim().is_empty());
    after.next().filter(|line| line.starts_with("```"))?;
    let lines: Vec<&str> = after.collect();
    let end = lines.iter().position(|line| line.starts_with("```"))?;
    Some(lines[..end].join("\n"))
}

/// The report's lines in their shape, from its first to its last; what cargo prints before is left out.
fn shape(text: &str, normal: fn(&str) -> String) -> Vec<String> {
    text.lines()
        .map(normal)
        .skip_while(|line| !line.starts_with("KTAP") && !line.starts_with('#'))
        .filter(|line| !line.is_empty())
        .collect()
}

fn unchanged(line: &str) -> String {
    line.trim_end().to_owned()
}

/// What differs from run to run: an address; a number with its sign and a unit of time behind it; runs of
/// blanks, dashes or equals signs. A comma or a full stop that ends a number is not part of it.
static DIFFERS: LazyLock<Regex> = LazyLock::new(|| {
    let number = r"(\B-)?\b\d([\d.,_]*\d)?( ?(ns|us|µs|ms|s)\b)?";
    Regex::new(&format!(r"0x[\da-fA-F_]*|{number}|  +|\t\t+|--+|==+")).expect("a constant")
});

/// One line without that: each number becomes `N`, each address `X`, each run one of its signs. A bar at the
/// end is left out, for it may be too short to be seen.
fn normal(line: &str) -> String {
    if line.starts_with("KTAP") {
        return line.trim_end().to_owned();
    }
    let rest = match line.trim_end().trim_end_matches('#').trim_end() {
        "" => line.trim_end(), // nothing but the # of a comment
        rest => rest,
    };
    let same = |found: &Captures<'_>| match &found[0] {
        address if address.starts_with("0x") => "X".to_owned(),
        number if number.contains(|c: char| c.is_ascii_digit()) => "N".to_owned(),
        run => run[..1].to_owned(),
    };
    DIFFERS.replace_all(rest, same).into_owned()
}

/// Returns where the real run leaves the shape of the transcript, if it does.
pub fn difference(wanted: &[String], real: &[String]) -> Option<String> {
    let Some((first, wanted)) = wanted.split_first() else {
        return real.first().map(|line| format!("the transcript ends before: {line}"));
    };
    if first == ANY {
        let mut nearest = None;
        for skipped in 0..=real.len() {
            let differs = difference(wanted, &real[skipped..])?; // none: it fits
            if nearest.is_none() && real.get(skipped) == wanted.first() {
                nearest = Some(differs);
            }
        }
        let sought = wanted.first().map_or("", String::as_str);
        return nearest.or_else(|| Some(format!("nothing after {ANY} fits: {sought}")));
    }
    match real.split_first() {
        Some((line, real)) if line == first => difference(wanted, real),
        Some((line, _)) => Some(format!("transcript: {first}\n real run: {line}")),
        None => Some(format!("the transcript goes on after the real run: {first}")),
    }
}

#[cfg(test)]
#[path = "transcript_tests.rs"]
mod tests;
