//! The conditions of a run: which QEMU, which host.

use runner::exit_error::ExitError;
use runner::process::{self, Output};
use runner::qemu;
use runner::settings::Settings;
use std::process::Command;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};
use tools::measure::Measurement;

/// Returns the first object of measurements.json.
pub fn measurement(
    settings: &Settings,
    rounds: u32,
    quick: bool,
) -> Result<Measurement, ExitError> {
    let processors = available_parallelism().map_or(1, usize::from);
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").ok();
    let members = [
        ("name", "conditions".into()),
        ("qemu", qemu::version(settings)?.into()),
        ("host_processors", processors.into()),
        ("host_cpu", host_cpu(cpuinfo.as_deref(), "sysctl").into()),
        ("accel", settings.accel.as_str().into()),
        ("cpu", settings.cpu.as_str().into()),
        ("rounds", rounds.into()),
        ("quick", quick.into()),
    ];
    Ok(members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}

/// Returns the host's name for its processors, or its architecture where it has none. `cpuinfo`: Linux's
/// /proc/cpuinfo. `sysctl`: the program that macOS has (sysctl(8)); elsewhere there is none or no such name.
fn host_cpu(cpuinfo: Option<&str>, sysctl: &str) -> String {
    let other = || {
        let mut sysctl = Command::new(sysctl);
        let deadline = Instant::now() + Duration::from_secs(10);
        let output = process::run(sysctl.args(["-n", "machdep.cpu.brand_string"]), deadline);
        let said = output.ok().filter(Output::succeeded)?.stdout;
        Some(said.trim().to_owned()).filter(|name| !name.is_empty())
    };
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
        assert_eq!(host_cpu(Some("model name: A B\n"), "echo"), "A B");
        for cpuinfo in [None, Some("processor: 0\n")] {
            assert_eq!(host_cpu(cpuinfo, "echo"), "machdep.cpu.brand_string");
            for sysctl in ["true", "false", "/nonexistent/sysctl"] {
                assert_eq!(host_cpu(cpuinfo, sysctl), std::env::consts::ARCH);
            }
        }
    }
}
