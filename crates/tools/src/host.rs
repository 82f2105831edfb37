//! The computer that a tool runs on, as measurements name it.

use runner::process::{self, Output};
use std::process::Command;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// What is not known.
const UNKNOWN: &str = "unknown";
/// How long a program may take to say something.
const PATIENCE: Duration = Duration::from_secs(10);

/// Returns how many processors this process may use.
pub fn processors() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// Returns the host's name for its processors, or its architecture where it has none.
pub fn cpu() -> String {
    cpu_by(std::fs::read_to_string("/proc/cpuinfo").ok().as_deref(), "sysctl")
}

/// As [`cpu`]. `cpuinfo`: Linux's /proc/cpuinfo. `sysctl`: the program that macOS has (sysctl(8)); elsewhere there
/// is none or no such name.
fn cpu_by(cpuinfo: Option<&str>, sysctl: &str) -> String {
    let other = || output(sysctl, &["-n", "machdep.cpu.brand_string"]);
    cpuinfo.and_then(model).or_else(other).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// Returns the model in /proc/cpuinfo, which on some architectures has none (proc(5)).
fn model(text: &str) -> Option<String> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    let (_, name) = pairs.find(|(key, _)| key.trim() == "model name")?;
    // Some makers fill the name up with blanks.
    let words: Vec<&str> = name.split_whitespace().collect();
    Some(words.join(" ")).filter(|name| !name.is_empty())
}

/// Returns the line that a program prints, or `unknown`.
pub fn said(program: &str, arguments: &[&str]) -> String {
    output(program, arguments).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// Returns what a program prints, if it succeeds and that is something.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output =
        process::run(Command::new(program).args(arguments), Instant::now() + PATIENCE).ok();
    let text = output.filter(Output::succeeded)?.stdout;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_found_without_its_blanks() {
        let text = "processor\t: 0\nmodel\t\t: 1\nmodel name\t: Some  CPU: @ 2 GHz \n";
        assert_eq!(model(text).as_deref(), Some("Some CPU: @ 2 GHz"));
        assert_eq!(model("processor\t: 0\nmodel name\t: \n"), None);
    }

    #[test]
    fn the_host_is_called_by_its_model_or_else_by_its_architecture() {
        assert_eq!(cpu_by(Some("model name: A B\n"), "echo"), "A B");
        for cpuinfo in [None, Some("processor: 0\n")] {
            assert_eq!(cpu_by(cpuinfo, "echo"), "machdep.cpu.brand_string");
            for sysctl in ["true", "false", "/nonexistent/sysctl"] {
                assert_eq!(cpu_by(cpuinfo, sysctl), std::env::consts::ARCH);
            }
        }
    }

    #[test]
    fn what_a_program_does_not_say_is_unknown() {
        assert_eq!(said("echo", &["a", "b"]), "a b");
        assert_eq!(said("false", &[]), UNKNOWN);
        assert_eq!(said("true", &[]), UNKNOWN);
        assert_eq!(said("/nonexistent/program", &[]), UNKNOWN);
        assert_eq!(said("sh", &["-c", "echo no; exit 1"]), UNKNOWN);
    }
}
