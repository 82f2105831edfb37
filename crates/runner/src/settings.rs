//! Reads and checks the QEMU_* variables, before anything starts.
//!
//! Everything here is a pure function of the environment, so that each wrong setting has a unit
//! test. What only QEMU itself can answer (its version, its CPU models) is in [`crate::qemu`].

mod cpu;
mod machine;
mod memory;

use std::time::Duration;

use crate::exit_error::ExitError;
use crate::options::Options;

use cpu::check_cpu;
use machine::most_cores;
use memory::check_memory;

pub use machine::MOST_GICV3 as MOST_CORES;

/// The `virt` machine without random seeds for the guest in its device tree: each boot is the same.
pub const REPEATABLE_MACHINE: &str = "virt,gic-version=3,dtb-randomness=off";

/// How to run the kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The QEMU binary.
    pub qemu: String,
    /// Whether the kernel is for aarch64, whose machine and CPU models are known and checked.
    pub is_aarch64: bool,
    /// The number of cores.
    pub cores: u32,
    /// `-machine`
    pub machine: String,
    /// `-cpu`
    pub cpu: String,
    /// `-m`
    pub memory: String,
    /// `-accel`
    pub accel: String,
    /// How long the kernel has for its verdict, as it was given and as a duration.
    pub timeout: (String, Duration),
    /// More arguments.
    pub extra: Vec<String>,
}

impl Settings {
    /// Reads the settings through `get`, which returns a variable's value if it is set.
    pub fn read(
        options: &Options,
        get: impl Fn(&str) -> Option<String>,
    ) -> Result<Settings, ExitError> {
        let text = |name: &str, default: &str| match get(name) {
            None => Ok(default.to_owned()),
            Some(value) if value.trim().is_empty() => Err(ExitError::setup(
                format!("{name} is empty"),
                format!("unset it, or set it to something like {default}"),
            )),
            Some(value) => Ok(value),
        };
        let Options { architecture, qemu, .. } = options;
        let is_aarch64 = architecture == "aarch64";
        // Only for aarch64 is there something that suits every kernel.
        let choice = |name: &str, default: &str| match get(name) {
            None if !is_aarch64 => Err(ExitError::setup(
                format!("{name} is not set"),
                format!("set it to one of what {qemu} has for {architecture}"),
            )),
            _ => text(name, default),
        };
        let qemu = text("QEMU", qemu)?;
        let machine = choice("QEMU_MACHINE", "virt,gic-version=3")?;
        let most = if is_aarch64 { most_cores(&machine)? } else { MOST_CORES };
        let cores = cores(&text("QEMU_SMP", "4")?, &machine, most)?;
        let cpu = choice("QEMU_CPU", "max")?;
        let memory = text("QEMU_MEM", "256M")?;
        let bytes = memory::parse(&memory)?;
        if is_aarch64 {
            check_cpu(&cpu)?;
            check_memory(&memory, bytes)?;
        }
        let accel = text("QEMU_ACCEL", "tcg,thread=multi")?;
        let timeout = text("QEMU_TIMEOUT", "60")?;
        let duration = seconds(&timeout)?;
        let extra = extra(&get("QEMU_EXTRA").unwrap_or_default())?;
        Ok(Settings {
            qemu,
            is_aarch64,
            cores,
            machine,
            cpu,
            memory,
            accel,
            timeout: (timeout, duration),
            extra,
        })
    }

    /// Returns the settings of boots that must not depend on the environment: each of two is the same
    /// run if the rest of the command is. Only the QEMU binary is free to choose.
    pub fn repeatable() -> Result<Settings, ExitError> {
        let qemu = |name: &str| (name == "QEMU").then(|| std::env::var(name).ok()).flatten();
        let settings = Settings::read(&Options::default(), qemu)?;
        Ok(Settings { machine: REPEATABLE_MACHINE.to_owned(), ..settings })
    }
}

fn cores(text: &str, machine: &str, most: u32) -> Result<u32, ExitError> {
    let wrong = |what: String| {
        Err(ExitError::setup(format!("QEMU_SMP={text} {what}"), format!("set it to 1 to {most}")))
    };
    match text.parse::<u32>() {
        Ok(0) => wrong("leaves no core".to_owned()),
        Ok(cores) if cores > most && most < machine::MOST_GICV3 => Err(ExitError::setup(
            format!("QEMU_SMP={text} is more than the {most} cores of QEMU_MACHINE={machine}"),
            format!("set it to 1 to {most}, or set QEMU_MACHINE=virt,gic-version=3"),
        )),
        Ok(cores) if cores > most => {
            wrong(format!("is more than the {most} cores of QEMU_MACHINE={machine}"))
        }
        Ok(cores) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(cores),
        _ => wrong("is not a number of cores".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, ExitError> {
    /// Far more than any run needs, and far less than what overflows a clock: about 31 years.
    const LONGEST: f64 = 1e9;
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match text.parse::<f64>() {
        Ok(seconds) if plain && seconds >= 0.001 => {
            Ok(Duration::from_secs_f64(seconds.min(LONGEST)))
        }
        _ => Err(ExitError::setup(
            format!("QEMU_TIMEOUT={text} is not a positive number of seconds"),
            "set it to something like 60",
        )),
    }
}

/// Splits QEMU_EXTRA and refuses what has a variable of its own: checked there, it must not
/// change behind the check.
fn extra(text: &str) -> Result<Vec<String>, ExitError> {
    let Some(args) = shlex::split(text) else {
        return Err(ExitError::setup(
            format!("QEMU_EXTRA={text} has an open quote"),
            "close it, as in a shell",
        ));
    };
    let own =
        [("smp", "SMP"), ("machine", "MACHINE"), ("M", "MACHINE"), ("cpu", "CPU"), ("m", "MEM")];
    for arg in &args {
        let option = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-'));
        if let Some((_, variable)) = own.iter().find(|(name, _)| Some(*name) == option) {
            return Err(ExitError::setup(
                format!("QEMU_EXTRA holds {arg}"),
                format!("set QEMU_{variable} instead"),
            ));
        }
    }
    Ok(args)
}

#[cfg(test)]
mod tests;
