//! A folder in which scripts/setup finds what a case wants it to find, and nothing else.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::context::Context;

/// What scripts/setup and the stand-ins are made of: the real ones.
const REAL: [&str; 14] = [
    "basename", "cat", "dirname", "env", "grep", "ln", "ps", "sed", "setsid", "sh", "stty",
    "touch", "tr", "uname",
];
/// Behaves as the program whose name it is called by.
const STAND_IN: &str = include_str!("stand_ins.sh");

/// A machine of stand-ins.
pub struct Machine {
    folder: PathBuf,
}

impl Machine {
    /// Makes a machine with these programs, and those that every machine has.
    pub fn new(context: &Context, name: &str, programs: &[&str]) -> anyhow::Result<Machine> {
        let folder =
            context.scratch("setup")?.join(name.replace(|c: char| !c.is_alphanumeric(), "-"));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let bin = folder.join("bin");
        fs::create_dir_all(&bin)?;
        fs::write(folder.join("calls"), "")?;
        let script = bin.join("stand_ins.sh");
        tools::script::write(&script, STAND_IN)?;
        for name in REAL {
            symlink(real(name)?, bin.join(name))?;
        }
        let always = ["id", "sleep", "cargo", "rustc"];
        let wanted: BTreeSet<&str> = always.iter().chain(programs).copied().collect();
        for name in wanted {
            symlink("stand_ins.sh", bin.join(name))?;
        }
        Ok(Machine { folder })
    }

    /// Returns a command that finds only this machine's programs.
    pub fn command(&self, context: &Context, program: &str) -> Command {
        let mut command = context.command(self.folder.join("bin").join(program), "");
        command.env_clear().env("PATH", self.folder.join("bin")).env("HOME", &self.folder);
        command
    }

    /// Returns how often a program was called with arguments that begin so.
    pub fn calls(&self, start: &str) -> anyhow::Result<usize> {
        Ok(self.all_calls()?.lines().filter(|line| line.starts_with(start)).count())
    }

    /// Returns all that was called, a line each.
    pub fn all_calls(&self) -> anyhow::Result<String> {
        Ok(fs::read_to_string(self.folder.join("calls"))?)
    }
}

/// Returns where this machine has a program.
fn real(name: &str) -> anyhow::Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut places = env::split_paths(&path).map(|folder: PathBuf| Path::new(&folder).join(name));
    places.find(|place| place.is_file()).with_context(|| format!("there is no {name} in PATH"))
}
