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
            fs::write(&path, script)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
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
