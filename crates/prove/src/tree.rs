//! A copy of the crate under `target/prove`, to be changed and tested without touching the source.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The models of the protocol, a file of `tests/`.
pub const PROTOCOL: &str = "loom";
/// The models of the holders' table. They need the feature, which the others are faster without.
pub const HOLDERS: &str = "loom_holders";

/// The copy: a workspace of its own with nothing but the crate.
pub struct Tree {
    /// The root of the project.
    pub project: PathBuf,
    /// `target/prove`, for what the stages keep from run to run.
    pub keep: PathBuf,
    /// The root of the copy.
    root: PathBuf,
}

/// How a test run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Passed,
    Failed,
    /// Killed after its time was up.
    TimedOut,
}

/// A test run: how it ended, and what it said.
pub struct Outcome {
    pub end: End,
    pub text: String,
}

impl Outcome {
    /// Returns the names of the tests that failed: the list at the end, indented by four.
    pub fn failed_tests(&self) -> Vec<&str> {
        let Some((_, list)) = self.text.rsplit_once("\nfailures:\n") else { return Vec::new() };
        let lines = list.lines().take_while(|line| !line.starts_with("test result"));
        let names = lines.filter_map(|line| line.strip_prefix("    "));
        names.filter(|name| !name.is_empty() && !name.contains(' ')).collect()
    }
}

impl Tree {
    /// Makes a fresh copy.
    pub fn new() -> Result<Self, String> {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        let project = project.ok_or("no project root")?.to_path_buf();
        let keep = project.join("target/prove");
        let tree = Self { root: keep.join("tree"), keep, project };
        let _ = fs::remove_dir_all(&tree.root);
        let manifest = read(&tree.project.join("Cargo.toml"))?;
        let shared = manifest.split("\n[package]").next().unwrap_or("");
        let (before, members) =
            shared.split_once("members = [").ok_or("Cargo.toml has no list of members")?;
        let (_, after) = members.split_once(']').ok_or("Cargo.toml's members do not end")?;
        write(
            &tree.root.join("Cargo.toml"),
            &format!("{before}members = [\"crates/rundown\"]{after}"),
        )?;
        for file in ["Cargo.lock", "rust-toolchain.toml"] {
            write(&tree.root.join(file), &read(&tree.project.join(file))?)?;
        }
        copy(&tree.project.join("crates/rundown"), &tree.root.join("crates/rundown"))?;
        Ok(tree)
    }

    /// Returns a file of the crate as it is in the project.
    pub fn source(&self, file: &str) -> Result<String, String> {
        read(&self.project.join("crates/rundown").join(file))
    }

    /// Names the source files of a folder of the crate.
    pub fn sources(&self, folder: &str) -> Result<Vec<String>, String> {
        let path = self.project.join("crates/rundown").join(folder);
        let entries =
            fs::read_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let sources = names.filter(|name| name.ends_with(".rs"));
        let mut files: Vec<String> = sources.map(|name| format!("{folder}/{name}")).collect();
        files.sort_unstable();
        Ok(files)
    }

    /// Sets a file of the copy.
    pub fn set(&self, file: &str, text: &str) -> Result<(), String> {
        write(&self.root.join("crates/rundown").join(file), text)
    }

    /// Prepares `cargo` in the copy.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(Path::new("cargo"));
        command.args(arguments).env("CARGO_TARGET_DIR", self.keep.join("build"));
        command
    }

    /// Prepares a program that builds and tests in the copy.
    pub fn program(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root.join("crates/rundown")).env("RUST_BACKTRACE", "0");
        // Nobody debugs these, and most of the time goes into building them.
        command.env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.stdin(Stdio::null());
        command
    }

    /// Prepares a loom run: a file of models, on loom's atomics, optimised but with assertions.
    pub fn loom(&self, models: &str, arguments: &[&str]) -> Command {
        let mut command = self.cargo(&["test", "--quiet", "--release", "--test", models]);
        if models == HOLDERS {
            command.args(["--features", "holders"]);
        }
        command.args(arguments);
        command.env("RUSTFLAGS", "--cfg rundown_loom");
        command.env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true");
        command.env("CARGO_TARGET_DIR", self.keep.join("loom"));
        command
    }
}

/// Runs a command that must succeed, and returns its error text if it does not.
pub fn must(command: &mut Command, what: &str) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{what}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{what} failed:\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Runs tests, and kills them when `limit` is over: a mutant may hang.
pub fn run(command: &mut Command, limit: Duration) -> Result<Outcome, String> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn().map_err(|error| format!("cargo: {error}"))?;
    let out = reader(child.stdout.take());
    let err = reader(child.stderr.take());
    let end = wait(&mut child, limit)?;
    let text = out.join().unwrap_or_default() + &err.join().unwrap_or_default();
    Ok(Outcome { end, text })
}

fn wait(child: &mut Child, limit: Duration) -> Result<End, String> {
    let start = Instant::now();
    loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(End::Passed),
            Some(_) => return Ok(End::Failed),
            None if start.elapsed() > limit => {
                // The whole group: cargo's child is the one that hangs.
                let group = format!("-{}", child.id());
                let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
                let _ = child.kill();
                let _ = child.wait();
                return Ok(End::TimedOut);
            }
            None => thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let parent = path.parent().ok_or("a file without a folder")?;
    fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: {error}", from.display());
    for entry in fs::read_dir(from).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let target = to.join(entry.file_name());
        match entry.file_type().map_err(fail)?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => write(&target, &read(&entry.path())?)?,
        }
    }
    Ok(())
}
