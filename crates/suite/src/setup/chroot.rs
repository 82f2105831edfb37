//! scripts/setup with Debian's own sudo and apt-get: a person with a password, in a Debian of their own.
//!
//! debootstrap unpacks it into target/, from the same release as this machine's. It takes root and some
//! minutes, so only the long run has it; the stand-ins are tried in each.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{bail, ensure};

use super::cases::{DEBIAN, PROMPT};
use crate::context::Context;
use crate::not_run::NotRun;
use crate::step::{Outcome, Step};
use crate::terminal;
use runner::process;

const NOT_RUN: &str = "it takes root and debootstrap; among stand-ins the set-up ran";
/// Two people: `ann` may use sudo, `bob` may not. Rust is not what is tried here.
const PREPARE: &str = "
    useradd --create-home --groups sudo ann
    useradd --create-home bob
    printf 'ann:right\nbob:right\n' | chpasswd
    for program in cargo rustc; do
        printf '#!/bin/sh\necho /\n' >/usr/local/bin/$program
        chmod +x /usr/local/bin/$program
    done
";

/// What somebody does there.
struct Try {
    what: &'static str,
    who: &'static str,
    keys: &'static [&'static str],
    prompts: usize,
    /// What the only line of scripts/setup must hold; it succeeds without one.
    line: &'static str,
    start: &'static str,
}

const ANN: Try = Try {
    what: "the password is given",
    who: "ann",
    keys: &["right\n"],
    prompts: 1,
    line: "",
    start: "exec rundown/scripts/setup </dev/null",
};
/// The last two belong together: what is installed need not be installed again.
const TRIES: [Try; 6] = [
    Try {
        what: "three wrong passwords",
        keys: &["wrong\n", "wrong\n", "wrong\n"],
        prompts: 3,
        line: DEBIAN,
        ..ANN
    },
    Try { what: "not in the sudoers file", who: "bob", line: DEBIAN, ..ANN },
    Try { what: "Ctrl-C at the question", keys: &["\x03"], line: "interrupted", ..ANN },
    Try {
        what: "no terminal",
        keys: &[],
        prompts: 0,
        line: DEBIAN,
        start: "exec setsid --wait rundown/scripts/setup </dev/null",
        ..ANN
    },
    ANN,
    Try { what: "all is there", keys: &[], prompts: 0, ..ANN },
];

/// Returns the step, in the long run.
pub fn step(long: bool) -> Option<Step> {
    let name = "set-up with a real sudo, in a Debian of its own";
    long.then(|| Step::new(name, 2400, work))
}

/// Whether this is root, and debootstrap is there.
fn possible() -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
        && std::env::split_paths(&paths).any(|folder| folder.join("debootstrap").is_file())
}

fn work(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    if !possible() {
        bail!(NotRun(NOT_RUN.to_owned()));
    }
    let debian = Debian::unpack(context, deadline)?;
    let mut sum = Outcome::default();
    for one in &TRIES {
        sum.add(debian.attempt(one, context, deadline)?);
    }
    Ok(sum)
}

/// A Debian in a folder, which goes when this does.
struct Debian(PathBuf);

impl Debian {
    fn unpack(context: &Context, deadline: Instant) -> anyhow::Result<Debian> {
        let debian = Debian(context.scratch("setup")?.join("debian"));
        debian.remove()?;
        let release = fs::read_to_string("/etc/os-release")?;
        let field = |name: &str| {
            let line = release.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim_matches('"').to_owned())
        };
        let suite = field("VERSION_CODENAME=").unwrap_or_else(|| "stable".to_owned());
        // Ubuntu keeps part of what is installed here in a second component.
        let components =
            if field("ID=").as_deref() == Some("ubuntu") { "main,universe" } else { "main" };
        let mut command = context.command("debootstrap", "");
        command.args(["--variant=minbase", "--include=sudo,procps"]);
        command.arg(format!("--components={components}")).arg(suite).arg(&debian.0);
        succeed(&mut command, deadline)?;
        let mut command = context.command("chroot", "");
        succeed(command.arg(&debian.0).args(["sh", "-euc", PREPARE]), deadline)?;
        for who in ["ann", "bob"] {
            for file in ["scripts/setup", "rust-toolchain.toml"] {
                let copy = debian.0.join("home").join(who).join("rundown").join(file);
                fs::create_dir_all(copy.parent().unwrap_or(Path::new("/")))?;
                fs::copy(context.root().join(file), copy)?;
            }
        }
        Ok(debian)
    }

    /// Has somebody start scripts/setup on a terminal.
    fn attempt(&self, one: &Try, context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
        let Try { what, who, keys, prompts, line, start } = one;
        // sudo finds the terminal in /dev and in /proc. The mounts are seen, and last, only in here.
        let enter = format!(
            "mount --rbind /dev {0}/dev; mount --rbind /proc {0}/proc
             exec chroot --userspec={who} {0} env -i HOME=/home/{who} PATH=/usr/bin:/bin \
                 TERM=dumb sh -c 'PATH=/usr/local/bin:/usr/bin:/bin; cd; {start}'",
            self.0.display()
        );
        let mut command = context.command("unshare", "");
        command.args(["--mount", "sh", "-euc", &enter]);
        let session = terminal::run(&mut command, PROMPT, keys, deadline)?;
        let lines = session.screen.lines().filter(|line| line.starts_with("rundown: "));
        let lines: Vec<&str> = lines.collect();
        let (status, said) = match line.is_empty() {
            true => (0, lines.is_empty() && self.0.join("usr/bin/qemu-system-aarch64").exists()),
            false => (2, matches!(lines[..], [only] if only.contains(line))),
        };
        let good = session.status == Some(status)
            && said
            && session.screen.matches(PROMPT).count() == *prompts;
        Ok(Outcome::check(good, || {
            format!(
                "{what}:\n{}\nstatus {:?}; wanted: {status}, {prompts} questions, a line with: {line}\n",
                session.screen, session.status
            )
        }))
    }

    fn remove(&self) -> anyhow::Result<()> {
        if self.0.exists() {
            fs::remove_dir_all(&self.0)?;
        }
        Ok(())
    }
}

impl Drop for Debian {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            eprintln!("{}: {error:#}", self.0.display());
        }
    }
}

fn succeed(command: &mut Command, deadline: Instant) -> anyhow::Result<()> {
    let output = process::run(command, deadline)?;
    ensure!(output.succeeded(), "{}", output.report(command));
    Ok(())
}
