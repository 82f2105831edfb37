//! scripts/setup where something is missing: who is asked, what is installed, and the last line if not.
//!
//! Each case runs it among stand-ins (`setup/stand_ins.sh`) of sudo and of what installs, so nothing is
//! installed here. `setup/chroot.rs` has the same with Debian's own, in the long run.

mod cases;
mod chroot;
mod machine;

use std::time::Instant;

use anyhow::Context as _;

use crate::context::Context;
use crate::step::{Outcome, Step};
use crate::terminal;
use runner::process;

use cases::{At, CASES, Case, PROMPT};

pub use chroot::step as with_a_real_sudo;
pub use machine::Machine;

/// Returns a step for each case, and one for the toolchains.
pub fn steps() -> impl Iterator<Item = Step> {
    let cases = CASES.iter().map(|case| {
        let name = format!("set-up among stand-ins: {}", case.name);
        Step::new(name, 120, |context, deadline| check(case, context, deadline))
    });
    cases.chain([Step::new("set-up leaves other toolchains alone", 120, toolchains)])
}

fn check(case: &Case, context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let machine = Machine::new(context, case.name, case.programs)?;
    let (status, printed) = attempt(case, &machine, context, deadline)?;
    let wanted = if case.line.is_empty() { 0 } else { 2 };
    let lines: Vec<&str> = printed.lines().filter(|line| line.starts_with("rundown: ")).collect();
    let said = match (&lines[..], printed.lines().last()) {
        ([], _) => case.line.is_empty(),
        ([only], Some(last)) => only == &last && only.contains(case.line),
        _ => false,
    };
    // Only whoever was asked is told what sudo thinks of the answer.
    let quiet = case.prompts > 0 || !printed.contains("sudo:");
    let (start, times) = case.calls;
    let good = status == Some(wanted)
        && said
        && quiet
        && printed.matches(PROMPT).count() == case.prompts
        && machine.calls(start)? == times;
    let calls = machine.all_calls()?;
    Ok(Outcome::check(good, || {
        format!(
            "{printed}\nstatus {status:?}, calls:\n{calls}wanted: status {wanted}, {} questions, \
             {times} calls of {start}, one last line with: {}\n",
            case.prompts, case.line
        )
    }))
}

/// Runs scripts/setup as the case says; returns its status and all that it printed.
fn attempt(
    case: &Case,
    machine: &Machine,
    context: &Context,
    deadline: Instant,
) -> anyhow::Result<(Option<i32>, String)> {
    let script = match case.at {
        At::Terminal | At::NoTerminal => "exec scripts/setup",
        At::TerminalWithoutInput => "exec scripts/setup </dev/null",
        At::Background => "set -m; scripts/setup & wait $!",
    };
    if case.at == At::NoTerminal {
        let mut command = machine.command(context, "setsid");
        let words = ["--wait", "sh", "-c", script];
        let output = process::run(command.args(words).envs(case.set.iter().copied()), deadline)?;
        return Ok((output.status, output.merged));
    }
    let mut command = machine.command(context, "sh");
    command.args(["-c", script]).envs(case.set.iter().copied());
    let session = terminal::run(&mut command, PROMPT, case.keys, deadline)?;
    Ok((session.status, session.screen))
}

/// The pinned toolchains, by their own names, are all that rustup is called for: a user's `nightly` and
/// `stable` stay as they are.
fn toolchains(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let programs = [
        "rustup",
        "qemu-system-aarch64",
        "qemu-system-riscv64",
        "cc",
        "g++",
        "shellcheck",
        "dtc",
        "clang",
        "python3",
        "chromium",
        "valgrind",
        "cmake",
        "make",
        "pkg-config",
    ];
    let machine = Machine::new(context, "toolchains", &programs)?;
    let mut command = machine.command(context, "sh");
    command.args(["scripts/setup", "--tests"]).env("TRY_RUST", "missing");
    let output = process::run(&mut command, deadline)?;
    let root = context.root();
    let stable = std::fs::read_to_string(root.join("rust-toolchain.toml"))?;
    let stable = stable.split('"').nth(1).context("rust-toolchain.toml names no channel")?;
    let nightly = std::fs::read_to_string(root.join("scripts/miri-toolchain"))?;
    let oldest = std::fs::read_to_string(root.join("crates/rundown/Cargo.toml"))?;
    let oldest = oldest.split("rust-version = \"").nth(1).and_then(|rest| rest.split('"').next());
    let oldest = oldest.context("crates/rundown/Cargo.toml names no oldest compiler")?;
    let wanted =
        [stable, nightly.trim(), oldest].map(|name| format!("rustup toolchain install {name} "));
    let calls = machine.all_calls()?;
    let lines: Vec<&str> = calls.lines().collect();
    let pinned = |name: &str| name.bytes().filter(u8::is_ascii_digit).count() >= 4;
    let good = output.succeeded()
        && pinned(stable)
        && pinned(nightly.trim())
        && lines.len() == wanted.len()
        && wanted.iter().zip(&lines).all(|(start, line)| line.starts_with(start));
    Ok(Outcome::check(good, || {
        format!("{}calls:\n{calls}wanted: {wanted:?}\n", output.report(&command))
    }))
}
