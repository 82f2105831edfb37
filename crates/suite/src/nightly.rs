//! The nightly toolchain of the tests, for what the documentation says only with it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};

use crate::context::Context;
use crate::not_run::NotRun;
use runner::process;

/// Its name, as `scripts/setup --tests` installs it.
const NAME: &str = include_str!("../../../scripts/miri-toolchain");
/// Where it documents, below target/.
const FOLDER: &str = "nightly";

/// Has it document rundown with all features: `flags` are rustdoc's. Returns the folder of what it wrote. The error
/// is [`NotRun`] where it is not installed.
pub fn document(context: &Context, flags: &str, deadline: Instant) -> anyhow::Result<PathBuf> {
    let cargo = || {
        let mut command = context.command("cargo", "");
        // Otherwise rustup would install it here.
        command.arg(format!("+{}", NAME.trim_end())).env("RUSTUP_AUTO_INSTALL", "0");
        command
    };
    if !is_there(cargo().arg("--version"), deadline) {
        let why =
            format!("{} is not installed; scripts/setup --tests installs it", NAME.trim_end());
        bail!(NotRun(why));
    }
    let folder = context.scratch(FOLDER)?;
    // What an older run wrote could be taken for what this one did.
    fs::remove_dir_all(&folder)?;
    let mut command = cargo();
    command.args(["doc", "--package", "rundown", "--all-features", "--no-deps"]);
    command.args(["--target", "host-tuple", "--target-dir"]).arg(&folder);
    let output = process::run(command.env("RUSTDOCFLAGS", flags), deadline)?;
    ensure!(output.succeeded(), "{}", output.report(&command));
    // Below a folder that has the name of this machine's target.
    let below: Result<Vec<_>, _> = fs::read_dir(&folder)?.collect();
    let written = below?.iter().map(|entry| entry.path().join("doc")).find(|path| path.is_dir());
    written.with_context(|| format!("{FOLDER}: no documentation\n{}", output.report(&command)))
}

fn is_there(command: &mut Command, deadline: Instant) -> bool {
    process::run(command, deadline).is_ok_and(|output| output.succeeded())
}
