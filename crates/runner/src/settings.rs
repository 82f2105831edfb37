//! Reads and checks the QEMU_* variables, before anything starts.
//!
//! Everything here is a pure function of the environment, so that each wrong setting has a unit
//! test. What only QEMU itself can answer (its version, its CPU models) is in [`crate::qemu`].

mod accel;
mod cpu;
mod extra;
mod machine;
mod memory;
mod riscv64;
mod smp;

use std::time::Duration;

use crate::architecture::Architecture;
use crate::exit_error::ExitError;
use crate::options::Options;
use crate::output;

use cpu::check_cpu;
use extra::check_help;
use machine::most_cores;
use memory::check_memory;

pub use accel::Accelerator;
pub use machine::MOST_GICV3 as MOST_CORES;

/// The `virt` machine without random seeds for the guest in its device tree: each boot is the same.
pub const REPEATABLE_MACHINE: &str = "virt,gic-version=3,dtb-randomness=off";

/// How to run the kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The QEMU binary.
    pub qemu: String,
    /// What the kernel is for.
    pub architecture: Architecture,
    /// The number of cores that boot.
    pub cores: u32,
    /// `-smp`, if it says more than that number.
    pub topology: Option<String>,
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
    /// Reads the settings through `get`, which returns a variable's value if it is set. A kernel that the options
    /// say nothing about is for aarch64.
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
        let architecture = options.architecture.clone().unwrap_or_default();
        let qemu = options.qemu.clone().unwrap_or_else(|| architecture.qemu());
        // Only for what is known is there something that suits every kernel.
        let choice = |name: &str, default: &str| match get(name) {
            None if !architecture.is_known() => Err(ExitError::setup(
                format!("{name} is not set"),
                format!("set it to one of what {qemu} has for {}", architecture.name()),
            )),
            _ => text(name, default),
        };
        let is_aarch64 = architecture == Architecture::Aarch64;
        let qemu = text("QEMU", &qemu)?;
        let accel = text("QEMU_ACCEL", "tcg,thread=multi")?;
        check_help("QEMU_ACCEL", &accel, &qemu, "-accel")?;
        let accelerator = Accelerator::of(&accel);
        let smp = text("QEMU_SMP", "4")?;
        let cores = smp::parse(&smp)?;
        let default_machine =
            if is_aarch64 { accelerator.default_machine(cores.most) } else { riscv64::MACHINE };
        let machine = choice("QEMU_MACHINE", default_machine)?;
        check_help("QEMU_MACHINE", &machine, &qemu, "-machine")?;
        let most = if is_aarch64 { most_cores(&machine)? } else { MOST_CORES };
        smp::check(&smp, cores, &machine, most)?;
        let default_cpu = match is_aarch64 {
            true => accelerator.default_cpu(),
            false => riscv64::default_cpu(accelerator),
        };
        let cpu = choice("QEMU_CPU", default_cpu)?;
        check_help("QEMU_CPU", &cpu, &qemu, "-cpu")?;
        let memory = text("QEMU_MEM", "256M")?;
        let bytes = memory::parse(&memory)?;
        let timeout = text("QEMU_TIMEOUT", &default_timeout(cores.boot).to_string())?;
        let duration = seconds(&timeout)?;
        let extra = extra::read(&get("QEMU_EXTRA").unwrap_or_default(), &qemu)?;
        match architecture {
            Architecture::Aarch64 => {
                check_cpu(&cpu)?;
                check_memory(&memory, bytes)?;
                accel::check(&accel, &machine, &cpu, &extra)?;
            }
            Architecture::Riscv64 => {
                check_memory(&memory, bytes)?;
                riscv64::check(&accel, &machine)?;
            }
            Architecture::Other(_) => {}
        }
        Ok(Settings {
            qemu,
            architecture,
            cores: cores.boot,
            topology: Some(smp).filter(|smp| smp.contains([',', '='])),
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

/// Returns the seconds for a verdict if none are set: a minute, which is a hundred times what four cores need
/// on an idle host. From 60 cores on it is a second a core, as what a kernel has to do grows with their number.
fn default_timeout(cores: u32) -> u32 {
    cores.max(60)
}

/// Says so in one line if QEMU_ACCEL asks for the host's own cores: for tools that boot emulated ones whatever
/// it says, because only those can be counted and held at every instruction.
pub fn note_that_cores_are_emulated() {
    let accel = std::env::var("QEMU_ACCEL").unwrap_or_default();
    if Accelerator::of(&accel).is_hardware() {
        let why = "cores are emulated here, which QEMU_ACCEL cannot change";
        output::say(&format!("rundown: {why}; cargo run heeds QEMU_ACCEL={accel}"));
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

#[cfg(test)]
mod tests;
