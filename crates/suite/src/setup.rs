//! scripts/setup where something is missing: who is asked, what is installed, and the last line if not.
//!
//! Each case runs it among stand-ins (`setup/stand_ins.sh`) of sudo and of what installs, so nothing is
//! installed here. `setup/chroot.rs` has the same with Debian's own, in the long run.

mod chroot;
mod machine;

use std::time::Instant;

use anyhow::Context as _;

use crate::context::Context;
use crate::step::{Outcome, Step};
use crate::terminal;
use runner::process;

use machine::Machine;

pub use chroot::{NOT_RUN, possible as real_sudo_is_possible, step as with_a_real_sudo};

/// What sudo prints before it reads a password.
const PROMPT: &str = "[sudo] password";
/// How the last line names the packages of each manager.
const DEBIAN: &str =
    "as root, run apt-get install qemu-system-arm gcc libc6-dev, then scripts/setup again";
const FEDORA: &str =
    "as root, run dnf install qemu-system-aarch64-core gcc, then scripts/setup again";
const ARCH: &str = "as root, run pacman -S qemu-system-aarch64 gcc, then scripts/setup again";
const HOMEBREW: &str = "run brew install qemu gcc, then scripts/setup again";

/// Where scripts/setup is started.
#[derive(Clone, Copy, PartialEq)]
enum At {
    /// A terminal.
    Terminal,
    /// The same, with stdin from a file.
    TerminalWithoutInput,
    /// The same, as a job in the background, which no terminal lets read.
    Background,
    /// Nobody is there.
    NoTerminal,
}

/// A try of scripts/setup.
struct Case {
    name: &'static str,
    at: At,
    /// Programs that are there.
    programs: &'static [&'static str],
    /// How the stand-ins behave.
    set: &'static [(&'static str, &'static str)],
    /// What is typed when sudo asks.
    keys: &'static [&'static str],
    /// How often it must ask.
    prompts: usize,
    /// What the only line must hold; it succeeds without one.
    line: &'static str,
    /// Calls that begin so, and how many there must be.
    calls: (&'static str, usize),
}

const PASSWORD: Case = Case {
    name: "a password is asked for and given",
    at: At::Terminal,
    programs: &["sudo", "apt-get"],
    set: &[],
    keys: &["right\n"],
    prompts: 1,
    line: "",
    calls: ("apt-get install", 1),
};
/// Nobody can be asked.
const ALONE: Case = Case {
    name: "without a terminal sudo is not to ask",
    at: At::NoTerminal,
    keys: &[],
    prompts: 0,
    line: DEBIAN,
    calls: ("sudo -n", 1),
    ..PASSWORD
};
/// The user is root.
const ROOT: Case = Case {
    name: "root needs no sudo",
    programs: &["apt-get"],
    set: &[("TRY_USER", "0")],
    line: "",
    calls: ("apt-get install", 1),
    ..ALONE
};
/// All is there but Rust.
const RUST: Case = Case {
    name: "rustup installs what is missing of Rust",
    programs: &["qemu-system-aarch64", "cc", "rustup"],
    set: &[("TRY_RUST", "missing")],
    line: "",
    calls: ("rustup toolchain install", 1),
    ..ALONE
};
/// The same, without rustup.
const NO_RUSTUP: Case = Case {
    name: "rustup is missing, which apt has",
    programs: &["qemu-system-aarch64", "cc", "apt-get", "apt-cache"],
    set: &[("TRY_RUST", "missing"), ("TRY_RUSTUP", "packaged")],
    line: "as root, run apt-get install rustup, then scripts/setup again",
    calls: ("apt-get", 0),
    ..RUST
};

const CASES: &[Case] = &[
    PASSWORD,
    Case { name: "stdin is a file", at: At::TerminalWithoutInput, ..PASSWORD },
    Case { name: "one wrong password", keys: &["wrong\n", "right\n"], prompts: 2, ..PASSWORD },
    Case {
        name: "three wrong passwords",
        keys: &["wrong\n", "wrong\n", "wrong\n"],
        prompts: 3,
        line: DEBIAN,
        calls: ("sudo", 1),
        ..PASSWORD
    },
    Case {
        name: "not in the sudoers file",
        set: &[("TRY_SUDO", "stranger")],
        line: DEBIAN,
        calls: ("sudo", 1),
        ..PASSWORD
    },
    Case {
        name: "Ctrl-C at the question",
        keys: &["\x03"],
        line: "interrupted",
        calls: ("sudo", 1),
        ..PASSWORD
    },
    Case { name: "in the background sudo is not to ask", at: At::Background, ..ALONE },
    ALONE,
    Case {
        name: "sudo without a password",
        set: &[("TRY_SUDO", "free")],
        line: "",
        calls: ("apt-get install", 1),
        ..ALONE
    },
    Case {
        name: "sudo is missing",
        at: At::Terminal,
        programs: &["apt-get"],
        calls: ("apt-get", 0),
        ..ALONE
    },
    ROOT,
    Case {
        name: "the network fails for good",
        set: &[("TRY_USER", "0"), ("TRY_PACKAGES", "network")],
        line: DEBIAN,
        calls: ("apt-get install", 3),
        ..ROOT
    },
    Case {
        name: "the network comes back",
        set: &[("TRY_USER", "0"), ("TRY_PACKAGES", "flaky")],
        calls: ("apt-get install", 3),
        ..ROOT
    },
    Case {
        name: "a package is unknown",
        set: &[("TRY_USER", "0"), ("TRY_PACKAGES", "unknown")],
        line: DEBIAN,
        ..ROOT
    },
    Case {
        name: "the disk is full",
        set: &[("TRY_USER", "0"), ("TRY_PACKAGES", "full")],
        line: DEBIAN,
        ..ROOT
    },
    Case {
        name: "a password, and a package is unknown",
        set: &[("TRY_PACKAGES", "unknown")],
        line: DEBIAN,
        ..PASSWORD
    },
    Case { name: "dnf, refused", programs: &["sudo", "dnf"], line: FEDORA, ..ALONE },
    Case { name: "pacman, refused", programs: &["sudo", "pacman"], line: ARCH, ..ALONE },
    Case { name: "dnf", programs: &["dnf"], calls: ("dnf install -y -q qemu", 1), ..ROOT },
    Case {
        name: "pacman",
        programs: &["pacman"],
        calls: ("pacman -Sy --noconfirm --needed qemu-system-aarch64 gcc", 1),
        ..ROOT
    },
    Case {
        name: "brew needs no root",
        programs: &["sudo", "brew"],
        line: "",
        calls: ("brew install --quiet qemu gcc", 1),
        ..ALONE
    },
    Case {
        name: "brew without a network",
        programs: &["brew"],
        set: &[("TRY_PACKAGES", "network")],
        line: HOMEBREW,
        calls: ("brew install", 3),
        ..ALONE
    },
    Case {
        name: "no package manager",
        programs: &["sudo"],
        line: "no apt-get, dnf, pacman or brew here; install qemu-system-aarch64 cc (QEMU 7.2 or newer)",
        calls: ("sudo", 0),
        ..ALONE
    },
    RUST,
    Case {
        name: "rustup without a network",
        set: &[("TRY_RUST", "missing"), ("TRY_TOOLCHAIN", "network")],
        line: "could not install Rust",
        calls: ("rustup", 3),
        ..RUST
    },
    Case {
        name: "rustup on a full disk",
        set: &[("TRY_RUST", "missing"), ("TRY_TOOLCHAIN", "full")],
        line: "could not install Rust",
        ..RUST
    },
    NO_RUSTUP,
    Case {
        name: "rustup is missing, which apt does not have",
        set: &[("TRY_RUST", "missing")],
        line: "install rustup from https://rustup.rs, then scripts/setup again",
        ..NO_RUSTUP
    },
    Case {
        name: "rustup is missing, which dnf has",
        programs: &["qemu-system-aarch64", "cc", "dnf"],
        line: "as root, run dnf install rustup, and rustup-init, then scripts/setup again",
        ..NO_RUSTUP
    },
    Case {
        name: "rustup is missing, which pacman has",
        programs: &["qemu-system-aarch64", "cc", "pacman"],
        line: "as root, run pacman -S rustup, then scripts/setup again",
        ..NO_RUSTUP
    },
    Case {
        name: "rustup is missing, which brew has",
        programs: &["qemu-system-aarch64", "cc", "brew"],
        line: "run brew install rustup, then scripts/setup again",
        ..NO_RUSTUP
    },
];

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
        "cc",
        "g++",
        "shellcheck",
        "clang",
        "python3",
        "chromium",
    ];
    let machine = Machine::new(context, "toolchains", &programs)?;
    let mut command = machine.command(context, "sh");
    command.args(["scripts/setup", "--tests"]).env("TRY_RUST", "missing");
    let output = process::run(&mut command, deadline)?;
    let root = context.root();
    let stable = std::fs::read_to_string(root.join("rust-toolchain.toml"))?;
    let stable = stable.split('"').nth(1).context("rust-toolchain.toml names no channel")?;
    let nightly = std::fs::read_to_string(root.join("scripts/miri-toolchain"))?;
    let wanted = [stable, nightly.trim()].map(|name| format!("rustup toolchain install {name} "));
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
