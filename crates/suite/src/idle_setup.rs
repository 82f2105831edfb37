//! scripts/setup changes nothing when all is there: whatever could change something fails loudly.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Instant;

use crate::context::Context;
use crate::step::{Outcome, Step};
use runner::process;

/// Whatever installs or downloads.
const CHANGERS: [&str; 9] =
    ["apt-get", "apt", "dnf", "pacman", "brew", "sudo", "rustup", "curl", "wget"];

/// What only answers, and so sets nothing up.
const QUESTIONS: [&str; 9] = [
    "scripts/setup --help",
    "scripts/run --help",
    "scripts/test --help",
    "scripts/test --list",
    "scripts/prove --help",
    "scripts/explore --help",
    "scripts/bench --help",
    "scripts/lab --help",
    "scripts/qemu-runner --help",
];

/// Returns the step for a scripts/setup. It runs after one with --tests, which scripts/test begins with.
pub fn step() -> Step {
    Step::new("scripts/setup is idle when all is there", 600, idle)
}

/// Returns the step for the others. It may be the first that needs their programs.
pub fn questions() -> Step {
    Step::new("--help and --list set nothing up", 600, ask)
}

fn idle(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = watched(context, "scripts/setup")?;
    command.arg("--tests");
    let output = process::run(&mut command, deadline)?;
    let good = output.succeeded() && output.merged.is_empty();
    Ok(Outcome::check(good, || output.report(&command)))
}

/// With a QEMU that is not there, scripts/setup would stop them.
fn ask(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    for question in QUESTIONS {
        let (script, argument) = question.split_once(' ').unwrap_or((question, ""));
        let mut command = watched(context, script)?;
        command.arg(argument).env("QEMU", "/nonexistent/qemu");
        let output = process::run(&mut command, deadline)?;
        let good = output.succeeded() && !output.stdout.is_empty() && output.stderr.is_empty();
        sum.add(Outcome::check(good, || output.report(&command)));
    }
    Ok(sum)
}

/// Returns a command for which whatever could change something says so and fails.
fn watched(context: &Context, script: &str) -> anyhow::Result<Command> {
    let folder = context.scratch("idle-setup")?;
    for changer in CHANGERS {
        let path = folder.join(changer);
        std::fs::write(&path, "#!/bin/sh\necho \"$0 $* was called\" >&2\nexit 99\n")?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    }
    let mut path = OsString::from(folder);
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    let mut command = context.command(script, "");
    command.env("PATH", path);
    Ok(command)
}
