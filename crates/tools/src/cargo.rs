//! Has cargo build what the tools boot and start, and finds it in cargo's messages.

mod variables;

use runner::exit_error::{ExitError, SETUP};
use runner::process;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

pub use variables::{for_the_host, for_the_kernel, is_for_the_kernel};

/// What has cargo build for this machine, not for the bare one of the kernel.
pub const FOR_THE_HOST: &[&str] = &["--target", "host-tuple"];
/// How long a build may take, with all dependencies.
const PATIENCE: Duration = Duration::from_secs(600);
/// Stands in the error of a build that took longer.
pub const LATE: &str = "does not end within";

/// The folder of the workspace that this binary was built from. `script`: what starts it.
pub fn root(script: &str) -> Result<PathBuf, ExitError> {
    let wrong = |error| {
        ExitError::setup(format!("cannot find the project: {error}"), format!("run {script}"))
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().map_err(wrong)
}

/// Builds a kernel image of examples/ in `root`, and returns its ELF file. `target`: another folder
/// for what cargo makes.
pub fn image(root: &Path, target: Option<&Path>, name: &str) -> Result<PathBuf, ExitError> {
    executable(root, target, name, &["--release", "--package", "rundown-demo", "--example", name])
}

/// Has cargo build with these arguments, and returns the executable of the target `name`.
pub fn executable(
    root: &Path,
    target: Option<&Path>,
    name: &str,
    args: &[&str],
) -> Result<PathBuf, ExitError> {
    let nothing = || ExitError::new(SETUP, format!("cargo does not say where {name} is"));
    find_executable(&build(root, target, args)?, name).ok_or_else(nothing)
}

/// Builds the plugin cachescope, and returns its library.
pub fn plugin(root: &Path, target: Option<&Path>) -> Result<PathBuf, ExitError> {
    let args = [&["--release", "--package", "cachescope"], FOR_THE_HOST].concat();
    let nothing = || ExitError::new(SETUP, "cargo does not say where the plugin is");
    find_library(&build(root, target, &args)?).ok_or_else(nothing)
}

/// Has cargo build something. Returns its JSON messages, and nothing among them.
fn build(root: &Path, target: Option<&Path>, args: &[&str]) -> Result<String, ExitError> {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(["build", "--quiet"]).args(args);
    command.arg("--message-format=json-render-diagnostics");
    if args.windows(FOR_THE_HOST.len()).any(|these| these == FOR_THE_HOST) {
        for_the_host(&mut command);
    } else {
        for_the_kernel(&mut command);
    }
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
        // Only what cargo makes in the end lies elsewhere: dependencies are built once. A copy with the
        // same version is the same to cargo as the project, and must share nothing with it.
        if std::fs::read_to_string(root.join("Cargo.toml")).is_ok_and(|text| has_own_version(&text))
        {
            command.env("CARGO_BUILD_BUILD_DIR", self::root("cargo")?.join("target"));
        }
    }
    let output = process::run(&mut command, Instant::now() + PATIENCE).map_err(|error| {
        ExitError::setup(format!("cannot start cargo: {error}"), "run scripts/setup")
    })?;
    if output.succeeded() {
        return Ok(output.stdout);
    }
    eprint!("{}", output.stderr);
    Err(failure(output.status, args))
}

/// Returns how a build failed that ended with this status, or with none, as it took too long.
fn failure(status: Option<i32>, args: &[&str]) -> ExitError {
    let how = match status {
        Some(_) => "fails".to_owned(),
        None => format!("{LATE} {} s", PATIENCE.as_secs()),
    };
    ExitError::new(SETUP, format!("cargo build {} {how}", args.join(" ")))
}

/// Returns whether a workspace's packages have a version that no other copy of it has: one with a `+`.
fn has_own_version(manifest: &str) -> bool {
    manifest.lines().any(|line| line.starts_with("version = ") && line.contains('+'))
}

/// Finds the executable of a target in cargo's JSON messages. There are others: for a test cargo builds
/// the package's programs, too, and names whatever is ready last at the end.
pub fn find_executable(messages: &str, target: &str) -> Option<PathBuf> {
    let json = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut of_target = json.filter(|message| message["target"]["name"] == target);
    of_target.find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

/// Finds the library in cargo's JSON messages.
fn find_library(messages: &str) -> Option<PathBuf> {
    let json = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let names = json.filter(|message| message["target"]["name"] == "cachescope");
    let mut files =
        names.flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default());
    let library = |name: &Value| {
        let name = name.as_str()?;
        (name.ends_with(".so") || name.ends_with(".dylib")).then(|| name.into())
    };
    files.find_map(|name| library(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_that_takes_too_long_is_told_from_one_that_fails() {
        let line = |status| failure(status, &["--example", "x"]).line;
        assert_eq!(line(Some(101)), "cargo build --example x fails");
        assert_eq!(line(None), "cargo build --example x does not end within 600 s");
    }

    #[test]
    fn a_version_of_its_own_has_a_name_in_it() {
        assert!(has_own_version("[workspace.package]\nversion = \"0.1.0+copy\"\n"));
        assert!(!has_own_version("[workspace.package]\nversion = \"0.1.0\"\nx = \"+\"\n"));
    }

    #[test]
    fn the_executable_is_the_one_that_cargo_names() {
        let artifact = |name: &str, executable: &str| {
            format!("{{\"target\":{{\"name\":\"{name}\"}},\"executable\":{executable}}}\n")
        };
        let messages = "warning: x\n".to_owned()
            + &artifact("machine", "null") // a library of the same name
            + &artifact("machine", "\"/a b/machine\"")
            + &artifact("demo", "\"/demo\"")
            + "{\"reason\":\"build-finished\"}\n";
        assert_eq!(find_executable(&messages, "machine"), Some(PathBuf::from("/a b/machine")));
        assert_eq!(find_executable(&messages, "demo"), Some(PathBuf::from("/demo")));
        assert_eq!(find_executable(&messages, "other"), None);
        assert_eq!(find_executable("{}\nnull\n", "demo"), None);
    }

    #[test]
    fn the_library_is_the_one_that_cargo_names() {
        let messages = "x\n{\"target\":{\"name\":\"other\"},\"filenames\":[\"/o.so\"]}\n\
                        {\"target\":{\"name\":\"cachescope\"},\"filenames\":[\"/l.rlib\",\"/l.so\"]}\n";
        assert_eq!(find_library(messages), Some(PathBuf::from("/l.so")));
        assert_eq!(find_library("{}\n"), None);
    }
}
