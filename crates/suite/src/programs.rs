//! Programs with the standard library, examples/programs: each checks itself, and says so at its end.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::commands::lint;
use crate::context::Context;
use crate::oldest;
use crate::step::{Outcome, Step};
use runner::process;

/// A workspace of its own, as a project that uses the crate.
const FOLDER: &str = "examples/programs";
/// Each, and the line that it ends with unless something is wrong.
const PROGRAMS: [(&str, &str); 2] = [
    ("hot_swap", "no plug-in was used after it was closed, and no call was lost"),
    ("tokio_server", "every request was answered, and no connection was taken after the shutdown"),
];
const FORMAT: &str = "cargo fmt --manifest-path examples/programs/Cargo.toml --check";
/// Seconds for a build, and for a run, which takes about one.
const TO_BUILD: u64 = 600;
const TO_RUN: u64 = 60;

/// The steps.
pub fn steps() -> Vec<Step> {
    let mut steps = vec![
        lint("programs: format", FORMAT),
        Step::new("programs: clippy", TO_BUILD, |context, deadline| {
            let mut command = cargo(context, &["clippy", "--locked", "--all-targets"]);
            succeeds(command.args(["--", "-D", "warnings"]), deadline)
        }),
        Step::new("programs: the oldest compiler checks them", TO_BUILD, |context, deadline| {
            let compiler = format!("+{}", oldest::installed(context, deadline)?);
            let mut command = cargo(context, &[&compiler, "check", "--locked", "--target"]);
            succeeds(command.arg(oldest::host(context, deadline)?), deadline)
        }),
    ];
    for (name, end) in PROGRAMS {
        let step = format!("programs: {name} runs");
        steps.push(Step::new(step, TO_BUILD + TO_RUN, move |context, deadline| {
            let mut build = cargo(context, &["build", "--release", "--locked", "--bin", name]);
            let mut sum = succeeds(&mut build, deadline)?;
            let deadline = deadline.min(Instant::now() + Duration::from_secs(TO_RUN));
            let mut run = cargo(context, &["run", "--release", "--locked", "--bin", name]);
            sum.add(ends_with(&mut run, end, deadline)?);
            Ok(sum)
        }));
    }
    steps
}

fn cargo(context: &Context, words: &[&str]) -> Command {
    let mut command = context.command("cargo", FOLDER);
    command.args(words);
    command
}

fn succeeds(command: &mut Command, deadline: Instant) -> anyhow::Result<Outcome> {
    let output = process::run(command, deadline)?;
    Ok(Outcome::check(output.succeeded(), || output.report(command)))
}

/// Returns whether a program has said this at its end, and nothing after it.
fn ends_with(command: &mut Command, end: &str, deadline: Instant) -> anyhow::Result<Outcome> {
    let output = process::run(command, deadline)?;
    let good = output.succeeded() && output.stdout.lines().last() == Some(end);
    Ok(Outcome::check(good, || format!("{}wanted at its end: {end}\n", output.report(command))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn it_passes_with_its_status_and_the_last_line_and_in_time() {
        let fake = Fake::new();
        let run = |lines: &str, seconds: u64| {
            fake.script("program", lines);
            let deadline = Instant::now() + Duration::from_secs(seconds);
            let mut command = fake.context.command("./program", "");
            ends_with(&mut command, "all is well", deadline)
                .map_or((0, 1), |outcome| (outcome.passed, outcome.failed))
        };
        assert_eq!(run("echo one; echo all is well", 60), (1, 0));
        assert_eq!(run("echo one; echo all is well; exit 1", 60), (0, 1));
        assert_eq!(run("echo all is well; echo two", 60), (0, 1));
        assert_eq!(run("true", 60), (0, 1));
        assert_eq!(run("echo all is well; sleep 60", 1), (0, 1));
    }

    #[test]
    fn every_program_has_a_step() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(FOLDER);
        let entries = std::fs::read_dir(root.join("src/bin")).unwrap();
        let files = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<_> = files.collect();
        files.sort();
        assert_eq!(files, PROGRAMS.map(|(name, _)| format!("{name}.rs")));
    }
}
