//! scripts/setup changes nothing when all is there: whatever could change something is noted, and fails.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::ensure;

use crate::context::Context;
use crate::setup::Machine;
use crate::step::{Outcome, Step, refused};
use runner::process;

/// Whatever installs or downloads.
const CHANGERS: [&str; 9] =
    ["apt-get", "apt", "dnf", "pacman", "brew", "sudo", "rustup", "curl", "wget"];

/// Returns the step for a scripts/setup. It runs after one with --tests, which scripts/test begins with.
pub fn step() -> Step {
    Step::new("scripts/setup is idle when all is there", 600, idle)
}

/// Returns the step for the others. It may be the first that needs their programs.
pub fn questions() -> Step {
    Step::new("--help and --list set nothing up", 600, ask)
}

fn idle(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let watched = Watched::new(context, "idle-setup")?;
    let mut command = watched.command(context, "scripts/setup");
    command.arg("--tests");
    let output = process::run(&mut command, deadline)?;
    let calls = watched.calls()?;
    let good = output.succeeded() && output.merged.is_empty() && calls.is_empty();
    Ok(Outcome::check(good, || output.report(&command) + &calls))
}

/// With a QEMU that is not there, scripts/setup would stop them.
fn ask(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let watched = Watched::new(context, "questions")?;
    let mut sum = Outcome::default();
    for (script, argument) in questions_of(&context.root().join("scripts"))? {
        let mut command = watched.command(context, &script);
        // Where it is not set, rustup would install a missing toolchain by itself.
        command.arg(argument).env("QEMU", "/nonexistent/qemu").env_remove("RUSTUP_AUTO_INSTALL");
        let output = process::run(&mut command, deadline)?;
        let calls = watched.calls()?;
        let answered = output.succeeded() && !output.stdout.is_empty() && output.stderr.is_empty();
        sum.add(Outcome::check(answered && calls.is_empty(), || output.report(&command) + &calls));
    }
    // Nor does a list where Rust is what is missing; the tool that makes it is in Rust.
    let machine = Machine::new(context, "no Rust", &["rustup", "apt-get", "sudo"])?;
    let mut command = machine.command(context, "sh");
    command.args(["scripts/test", "--list"]).env("TRY_RUST", "missing");
    sum.add(refused(&mut command, "rundown: the pinned cargo is missing; run", deadline)?);
    let calls = machine.all_calls()?;
    sum.add(Outcome::check(calls.is_empty(), || calls));
    Ok(sum)
}

/// Returns what only answers, and so sets nothing up: `--help` of every script, and the list of tests.
fn questions_of(folder: &Path) -> anyhow::Result<Vec<(String, &'static str)>> {
    let mut questions = vec![("scripts/test".to_owned(), "--list")];
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // scripts/tool is what the others are made of: its --help is that of a tool.
        if entry.metadata()?.permissions().mode() & 0o111 != 0 && name != "tool" {
            questions.push((format!("scripts/{}", name.to_string_lossy()), "--help"));
        }
    }
    ensure!(questions.len() > 8, "scripts/ holds only {questions:?}");
    Ok(questions)
}

/// A folder of programs that could change something: each writes down that it was called, and fails.
struct Watched(PathBuf);

impl Watched {
    fn new(context: &Context, name: &str) -> anyhow::Result<Watched> {
        let folder = context.scratch(name)?;
        fs::write(folder.join("calls"), "")?;
        for changer in CHANGERS {
            let path = folder.join(changer);
            // Whoever calls it may hide what it says.
            let script = "#!/bin/sh\necho \"$0 $* was called\" >>\"${0%/*}/calls\"\nexit 99\n";
            tools::script::write(&path, script)?;
        }
        Ok(Watched(folder))
    }

    /// Returns a command that finds them first.
    fn command(&self, context: &Context, script: &str) -> Command {
        let mut path = OsString::from(&self.0);
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        let mut command = context.command(script, "");
        command.env("PATH", path);
        command
    }

    /// Returns what was called, a line each.
    fn calls(&self) -> anyhow::Result<String> {
        Ok(fs::read_to_string(self.0.join("calls"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn a_set_up_that_does_or_says_anything_is_not_idle() {
        let fake = Fake::new();
        let run = |script: &str| {
            fake.script("scripts/setup", script);
            fake.run(&step())
        };
        assert_eq!(run("[ \"$*\" = --tests ]"), (1, 0));
        for script in ["exit 1", "echo x", "echo x >&2", "apt-get update >/dev/null 2>&1; exit 0"] {
            assert_eq!(run(script), (0, 1), "{script}");
        }
        assert!(fake.outcome(&step()).output.contains("/apt-get update was called\n"));
    }

    #[test]
    fn a_question_is_answered_and_sets_nothing_up() {
        let fake = Fake::new();
        let missing = "[ -z \"${TRY_RUST:-}\" ] || { echo 'rundown: the pinned cargo is missing; run x' >&2; exit 2; }";
        let scripts = |answer: &str| {
            for number in 1..=8 {
                fake.script(&format!("scripts/s{number}"), "[ \"$*\" = --help ] && echo usage");
            }
            fake.script("scripts/test", &format!("{missing}\necho \"list of $QEMU\""));
            fake.script("scripts/tool", "exit 1");
            fake.file("scripts/words", "no script");
            fake.script("scripts/s5", answer);
            fake.run(&questions())
        };
        assert_eq!(scripts("echo usage"), (12, 0));
        for answer in [
            "echo usage; exit 1",
            "exit 0",
            "echo usage; echo x >&2",
            "echo usage; sudo x 2>/dev/null; exit 0",
        ] {
            let (passed, failed) = scripts(answer);
            // What is called is not forgotten before the step ends.
            assert!(failed > 0 && passed + failed == 12, "{answer}");
        }
        fake.script("scripts/s5", "echo usage");
        fake.script("scripts/test", "echo list");
        assert_eq!(fake.run(&questions()), (11, 1), "it lists without Rust");
        fake.script("scripts/test", &format!("apt-get x 2>/dev/null; {missing}; echo list"));
        assert!(fake.run(&questions()).1 > 1, "it installs something");
    }

    #[test]
    fn questions_are_put_to_scripts_and_to_no_other_file() {
        let fake = Fake::new();
        let of = |count: usize| {
            (1..=count).for_each(|number| fake.script(&format!("folder/s{number}"), ""));
            fake.script("folder/tool", "");
            fake.file("folder/words", "");
            let mut questions = questions_of(&fake.path("folder")).ok()?;
            questions.sort();
            Some(
                questions
                    .into_iter()
                    .map(|(script, word)| format!("{script} {word}"))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(of(7), None);
        let eight = of(8).unwrap();
        assert_eq!(
            (eight.len(), eight[0].as_str(), eight[8].as_str()),
            (9, "scripts/s1 --help", "scripts/test --list")
        );
    }
}
