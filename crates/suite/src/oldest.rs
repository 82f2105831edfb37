//! The oldest compiler that the crates promise builds them: what `rust-version` of crates/rundown says.
//!
//! scripts/setup --tests installs it where it is to be had. The tests run as who has the crate from a registry
//! types them, so outside of this repository: its default target has no meaning for that person, and older versions
//! of cargo do not know the name `host-tuple`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

use crate::context::Context;
use crate::count;
use crate::not_run::NotRun;
use crate::promise::Promise;
use crate::step::{Outcome, Step};
use runner::process;

/// Seconds for a step: everything is built once more.
const PATIENCE: u64 = 1200;
const RUNDOWN: &str = "crates/rundown";
/// Other crates that promise the same, and their folders.
const OTHERS: [(&str, &str); 4] = [
    ("rundown-capi", "crates/rundown-capi"),
    ("rundown-capi-routines", "crates/rundown-capi/routines"),
    ("parking", "crates/parking"),
    ("cachescope-guest", "crates/cachescope/guest"),
];

/// The steps.
pub fn steps() -> [Step; 2] {
    [
        Step::new("the oldest compiler tests rundown as it is packaged", PATIENCE, tested),
        Step::new("the oldest compiler checks the other libraries", PATIENCE, checked),
    ]
}

fn tested(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let compiler = installed(context, deadline)?;
    let package = Unpacked::new(context, deadline)?;
    let mut command = context.command("cargo", "");
    command.arg(format!("+{compiler}")).args(["test", "--all-features"]);
    command.current_dir(&package.root).env("CARGO_TARGET_DIR", context.scratch("oldest/target")?);
    // As here: unoptimised, it takes long until a signal hits one of the few instructions that it is to hit.
    command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    let output = process::run(&mut command, deadline)?;
    let least = Promise::Package(RUNDOWN).least(context.root())?;
    Ok(count::outcome(&output, &command, least))
}

fn checked(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let compiler = installed(context, deadline)?;
    let mut sum = Outcome::default();
    for (name, folder) in OTHERS {
        let promised = promised(&context.root().join(folder))?;
        sum.add(Outcome::check(promised == compiler, || {
            format!("{folder} promises Rust {promised}, and {RUNDOWN} {compiler}\n")
        }));
        let mut command = context.command("cargo", "");
        command.arg(format!("+{compiler}")).args(["check", "--all-targets", "--all-features"]);
        command.args(["--package", name, "--target", &host(context, deadline)?]);
        let output = process::run(&mut command, deadline)?;
        sum.add(Outcome::check(output.succeeded(), || output.report(&command)));
    }
    Ok(sum)
}

/// Returns the oldest compiler's version. The error is [`NotRun`] where it is not installed.
pub fn installed(context: &Context, deadline: Instant) -> anyhow::Result<String> {
    let compiler = promised(&context.root().join(RUNDOWN))?;
    let mut command = context.command("cargo", "");
    // Otherwise rustup would install it here.
    command.args([&format!("+{compiler}"), "--version"]).env("RUSTUP_AUTO_INSTALL", "0");
    if process::run(&mut command, deadline).is_ok_and(|output| output.succeeded()) {
        return Ok(compiler);
    }
    let why = format!("Rust {compiler} is not installed; scripts/setup --tests tries to");
    bail!(NotRun(why))
}

/// Returns what a package says about the oldest compiler.
fn promised(folder: &Path) -> anyhow::Result<String> {
    let file = folder.join("Cargo.toml");
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let version = text.lines().find_map(|line| line.strip_prefix("rust-version = \""));
    let version = version.and_then(|rest| rest.strip_suffix('"'));
    Ok(version.with_context(|| format!("{}: no rust-version of its own", file.display()))?.into())
}

/// Returns this machine's target, by the name that every compiler knows.
pub fn host(context: &Context, deadline: Instant) -> anyhow::Result<String> {
    let mut command = context.command("rustc", "");
    let output = process::run(command.arg("-vV"), deadline)?;
    let host = output.stdout.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.with_context(|| output.report(&command))?.to_owned())
}

/// What a registry would hand out, in a folder outside of the repository.
struct Unpacked {
    root: PathBuf,
    _folder: TempDir,
}

impl Unpacked {
    fn new(context: &Context, deadline: Instant) -> anyhow::Result<Unpacked> {
        let scratch = context.scratch("oldest")?;
        let packed = scratch.join("package");
        if packed.exists() {
            fs::remove_dir_all(&packed)?;
        }
        let mut command = context.command("cargo", "");
        command.args(["package", "--package", "rundown", "--allow-dirty", "--no-verify"]);
        let output = process::run(command.arg("--target-dir").arg(&scratch), deadline)?;
        ensure!(output.succeeded(), "{}", output.report(&command));
        let is_package = |path: &PathBuf| path.extension().is_some_and(|end| end == "crate");
        let all: Result<Vec<_>, _> =
            fs::read_dir(&packed)?.map(|entry| entry.map(|entry| entry.path())).collect();
        let file = all?.into_iter().find(is_package).context("cargo packed nothing")?;

        let folder = tempfile::tempdir()?;
        let mut command = context.command("tar", "");
        command.arg("-xzf").arg(&file).arg("-C").arg(folder.path());
        let output = process::run(&mut command, deadline)?;
        ensure!(output.succeeded(), "{}", output.report(&command));
        let name = file.file_stem().context("a package without a name")?;
        Ok(Unpacked { root: folder.path().join(name), _folder: folder })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;
    use std::time::Duration;

    #[test]
    fn a_package_says_its_oldest_compiler_itself() {
        let fake = Fake::new();
        let promise = |line: &str| {
            fake.file("a/Cargo.toml", &format!("[package]\nname = \"a\"\n{line}\n"));
            promised(&fake.path("a")).map_err(|error| error.to_string())
        };
        assert_eq!(promise("rust-version = \"1.85\""), Ok("1.85".to_owned()));
        assert!(promise("rust-version.workspace = true").unwrap_err().contains("a/Cargo.toml"));
        assert!(promise("").is_err());
    }

    #[test]
    fn without_that_compiler_the_reason_is_said() {
        let fake = Fake::new();
        fake.file("crates/rundown/Cargo.toml", "rust-version = \"1.0.7\"\n");
        let deadline = Instant::now() + Duration::from_secs(60);
        let error = installed(&fake.context, deadline).unwrap_err();
        assert!(error.downcast_ref::<NotRun>().is_some_and(|why| why.0.contains("Rust 1.0.7")));
    }
}
