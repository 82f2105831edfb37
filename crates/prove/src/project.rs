//! The project, and how its crate `rundown` is built for tests.

use runner::process::{self, Output};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The models of the protocol, a file of `tests/`. With feature `std` there are more of them.
pub const PROTOCOL: &str = "loom";
/// The models of the holders' table. They need the feature, which the others are faster without.
pub const HOLDERS: &str = "loom_holders";
/// The models of pools that grow, which need feature `alloc`.
pub const POOL: &str = "loom_pool";
/// The models of `Blocking`, which needs feature `std`.
pub const BLOCKING: &str = "loom_blocking";
/// The models of sleeping cores, a file of `crates/parking/tests`.
pub const PARKING: &str = "loom_parking";
/// All files of models, and how many there are in each at least: a run of fewer is a failure.
pub const MODELS: [(&str, usize); 5] =
    [(PROTOCOL, 95), (HOLDERS, 3), (POOL, 10), (BLOCKING, 13), (PARKING, 8)];

/// The crate that the kernel's sleeping cores have in common with their models.
pub const PARKING_CRATE: &str = "crates/parking";

/// How long a build may take, on a machine that is busy with other things.
pub const BUILD_LIMIT: Duration = Duration::from_secs(1200);

/// The project's folders.
pub struct Project {
    /// The workspace.
    pub root: PathBuf,
    /// `prove` in cargo's target folder, for what the stages keep from run to run.
    pub keep: PathBuf,
    /// What stages that do many things alike do only of them: a part of a name. Empty: all.
    pub only: String,
}

impl Project {
    /// Finds the workspace that this program was built from.
    pub fn find(only: String) -> Result<Self, String> {
        let root = tools::cargo::root("scripts/prove").map_err(|error| error.line)?;
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
        Ok(Self { keep: target.join("prove"), root, only })
    }

    /// Reads a file of the crate.
    pub fn source(&self, file: &str) -> Result<String, String> {
        self.read(&crate_in(Path::new("")).join(file))
    }

    /// Reads a file of the workspace.
    pub fn read(&self, file: &Path) -> Result<String, String> {
        let path = self.root.join(file);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Returns the names of the source files in a folder of the crate.
    pub fn sources(&self, folder: &str) -> Result<Vec<String>, String> {
        let path = crate_in(&self.root).join(folder);
        let entries =
            fs::read_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let sources = names.filter(|name| name.ends_with(".rs"));
        let mut files: Vec<String> = sources.map(|name| format!("{folder}/{name}")).collect();
        files.sort_unstable();
        Ok(files)
    }

    /// Prepares a program that builds and tests the crate of the workspace in `root`: this one, or a copy.
    pub fn program(&self, program: &Path, root: &Path) -> Command {
        let mut command = Command::new(program);
        tools::cargo::for_the_host(&mut command);
        command.current_dir(crate_in(root)).env("RUST_BACKTRACE", "0");
        // Nobody debugs these, and most of the time goes into building them.
        command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        command
    }

    /// Prepares `cargo` for the crate of the workspace in `root`.
    pub fn cargo(&self, root: &Path, args: &[&str]) -> Command {
        let mut command = self.program(Path::new("cargo"), root);
        command.args(args).env("CARGO_TARGET_DIR", self.keep.join("build"));
        command
    }

    /// Prepares `cargo test` for a file of models, on loom's atomics, optimised but with assertions.
    pub fn loom(&self, root: &Path, models: &str, args: &[&str]) -> Command {
        let mut command = self.cargo(root, &["test", "--quiet", "--release", "--test", models]);
        match models {
            HOLDERS => command.args(["--features", "holders"]),
            POOL => command.args(["--features", "alloc"]),
            PROTOCOL | BLOCKING => command.args(["--features", "std"]),
            PARKING => command.current_dir(root.join(PARKING_CRATE)),
            _ => &mut command,
        };
        command.args(args);
        command.env("RUSTFLAGS", "--cfg rundown_loom");
        command.env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true");
        command.env("CARGO_TARGET_DIR", self.keep.join("loom"));
        command
    }
}

/// Returns the folder of the crate in a workspace.
pub fn crate_in(root: &Path) -> PathBuf {
    root.join("crates/rundown")
}

/// Runs a command up to a limit.
pub fn run(command: &mut Command, limit: Duration) -> Result<Output, String> {
    process::run(command, Instant::now() + limit)
        .map_err(|error| format!("{}: {error}", process::shown(command)))
}

/// Runs a command that must succeed. Returns what it says on standard output.
pub fn must(command: &mut Command, what: &str) -> Result<String, String> {
    let output = run(command, BUILD_LIMIT)?;
    match output.succeeded() {
        true => Ok(output.stdout),
        false => Err(format!("{what} failed:\n{}", output.stderr)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_of_models_has_its_features_and_its_place() {
        let project = Project { root: "/r".into(), keep: "/k".into(), only: String::new() };
        let words = |models| {
            let command = project.loom(&project.root, models, &["--x"]);
            let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
            let words = words.collect::<Vec<_>>().join(" ");
            (words, command.get_current_dir().map(Path::to_owned).unwrap_or_default())
        };
        let is = |models, features: &str, folder: &str| {
            let wanted = format!("test --quiet --release --test {models}{features} --x");
            assert_eq!(words(models), (wanted, PathBuf::from(folder)));
        };
        is(PROTOCOL, " --features std", "/r/crates/rundown");
        is(HOLDERS, " --features holders", "/r/crates/rundown");
        is(POOL, " --features alloc", "/r/crates/rundown");
        is(BLOCKING, " --features std", "/r/crates/rundown");
        is(PARKING, "", "/r/crates/parking");
    }
}
