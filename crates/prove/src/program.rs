//! A test program that cargo has built, and how it is run with a mutant.

use crate::project::run as run_tests;
use mutants::schemata::VARIABLE;
use runner::process::Output;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tools::cargo::find_executable;

/// Has cargo build tests, and say where they are.
pub const BUILD: [&str; 2] = ["--no-run", "--message-format=json-render-diagnostics"];

/// How long a test may take at least before it counts as hanging, beside twenty times its own time.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much processor time, beside five times its own time: a test that hangs need not sleep.
const PROCESSOR: Duration = Duration::from_secs(2);

/// Runs a program with the processor time in `$0`, and with 8 GiB of addresses: a mutant may ask for all there is.
const LIMITED: &str = "ulimit -S -t \"$0\" && ulimit -S -v 8388608 && exec \"$@\"";

/// A test program.
#[derive(Clone, Debug)]
pub struct Program {
    executable: PathBuf,
    /// Where cargo would start it.
    folder: PathBuf,
}

impl Program {
    /// Finds the program of a target in what cargo says that built it.
    pub fn find(messages: &str, target: &str, folder: PathBuf) -> Result<Self, String> {
        let executable = find_executable(messages, target);
        let executable = executable.ok_or(format!("cargo does not say where {target} is"))?;
        Ok(Self { executable, folder })
    }

    /// Finds all test programs in what cargo says that built them, and not those that they start.
    pub fn all(messages: &str, folder: &Path) -> Result<Vec<Self>, String> {
        let json = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let tests = json.filter(|message| message["profile"]["test"] == true);
        let found = tests.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
        let folder = folder.to_owned();
        let programs = found.map(|executable| Self { executable, folder: folder.clone() });
        let programs: Vec<_> = programs.collect();
        match programs.is_empty() {
            true => Err("cargo does not say where the tests are".to_owned()),
            false => Ok(programs),
        }
    }

    /// Prepares a run with a mutant; 0: with none. `seconds`: how much processor time it may take.
    pub fn run(&self, number: usize, preemptions: &str, seconds: u64) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", LIMITED, &seconds.to_string()]);
        command.arg(&self.executable);
        command.current_dir(&self.folder).env("RUST_BACKTRACE", "0");
        command.env(VARIABLE, number.to_string()).env("LOOM_MAX_PREEMPTIONS", preemptions);
        command
    }

    /// Runs a test without a mutant, of which nobody knows yet how long it takes.
    pub fn first_run(&self, test: &str) -> Result<Output, String> {
        self.run_test(0, test, 3 * PROCESSOR)
    }

    /// Runs a test that takes about `time` without a mutant.
    pub fn run_test(&self, number: usize, test: &str, time: Duration) -> Result<Output, String> {
        let (limit, processor) = limits(time);
        run_tests(self.run(number, "2", processor).arg(test), limit)
    }
}

/// Returns how long a test may take that takes about `time` without a mutant, and how many seconds of a processor.
fn limits(time: Duration) -> (Duration, u64) {
    (PATIENCE + 20 * time, (PROCESSOR + 5 * time).as_secs() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_has_some_times_its_own_time() {
        assert_eq!(limits(Duration::ZERO), (Duration::from_secs(10), 3));
        assert_eq!(limits(Duration::from_secs(2)), (Duration::from_secs(50), 13));
    }
}
