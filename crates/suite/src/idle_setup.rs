//! scripts/setup changes nothing when all is there: whatever could change something fails loudly.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crate::context::Context;
use crate::step::{Outcome, Step};
use runner::process;

/// Whatever installs or downloads.
const CHANGERS: [&str; 9] =
    ["apt-get", "apt", "dnf", "pacman", "brew", "sudo", "rustup", "curl", "wget"];

/// The step. It runs after a scripts/setup --tests, which scripts/test begins with.
pub fn step() -> Step {
    let name = "scripts/setup is idle when all is there".to_owned();
    Step { name, deadline: Duration::from_secs(60), work: Box::new(check) }
}

fn check(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let folder = context.scratch("idle-setup")?;
    for changer in CHANGERS {
        let path = folder.join(changer);
        std::fs::write(&path, "#!/bin/sh\necho \"$0 $* was called\" >&2\nexit 99\n")?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    }
    let mut path = OsString::from(folder);
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    let mut command = context.command("scripts/setup", "");
    command.arg("--tests").env("PATH", path);
    let output = process::run(&mut command, deadline)?;
    let good = output.succeeded() && output.merged.is_empty();
    Ok(if good { Outcome::one() } else { Outcome::failure(output.report(&command)) })
}
