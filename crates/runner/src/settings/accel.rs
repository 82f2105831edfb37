//! QEMU_ACCEL: what runs the cores, and what cannot be had with it.
//!
//! Under KVM and HVF the host's own cores run the kernel: real caches and real races, but only the host's
//! model, no EL2 or EL3, and nothing that QEMU does between two instructions (counting them, plugins,
//! semihosting). The kernel ends such a run by PSCI, always with status 0, and its report decides.

use super::cpu::model;
use super::extra::option;
use super::machine::{MOST_GICV2, is_on};
use crate::exit_error::ExitError;

/// What runs the cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accelerator {
    /// QEMU's own emulation.
    Tcg,
    /// Linux's hypervisor.
    Kvm,
    /// That of macOS.
    Hvf,
    /// Whatever else QEMU has; nothing is known about it.
    Other,
}

impl Accelerator {
    /// Returns the accelerator of a text as QEMU's `-accel` takes it: `tcg,thread=multi`, `kvm`, `accel=hvf`.
    pub fn of(accel: &str) -> Accelerator {
        let first = accel.split(',').next().unwrap_or_default();
        match first.strip_prefix("accel=").unwrap_or(first) {
            "tcg" => Self::Tcg,
            "kvm" => Self::Kvm,
            "hvf" => Self::Hvf,
            _ => Self::Other,
        }
    }

    /// Returns QEMU's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcg => "tcg",
            Self::Kvm => "kvm",
            Self::Hvf => "hvf",
            Self::Other => "other",
        }
    }

    /// Returns whether the host's own cores run the kernel.
    pub fn is_hardware(self) -> bool {
        matches!(self, Self::Kvm | Self::Hvf)
    }

    /// Returns the CPU model if none is set.
    pub fn default_cpu(self) -> &'static str {
        if self.is_hardware() { "host" } else { "max" }
    }

    /// Returns the machine if none is set. `cores`: how many it must take.
    ///
    /// KVM gives the guest a GIC of a version that the host has: a Raspberry Pi 4 has a GICv2, servers have a
    /// GICv3 (QEMU's docs/system/arm/virt.rst, `gic-version`). Under HVF QEMU emulates one: a GICv2 in every
    /// version, which is what plain `virt` means there, and from 8.0 on a GICv3 as well, which more than
    /// eight cores need (hw/arm/virt.c, `finalize_gic_version`; target/arm/hvf/hvf.c).
    pub fn default_machine(self, cores: u32) -> &'static str {
        match self {
            Self::Kvm => "virt,gic-version=host",
            Self::Hvf if cores <= MOST_GICV2 => "virt",
            _ => "virt,gic-version=3",
        }
    }
}

/// Refuses what cannot be together: settings of the emulation, and cores that are not emulated.
pub fn check(accel: &str, machine: &str, cpu: &str, extra: &[String]) -> Result<(), ExitError> {
    let accelerator = Accelerator::of(accel);
    let cpu_model = model(cpu);
    let gic_of_host = machine.split(',').find(|part| *part == "gic-version=host");
    if let Some(part) = gic_of_host.filter(|_| accelerator != Accelerator::Kvm) {
        return Err(ExitError::setup(
            format!("QEMU_MACHINE={machine}: {part} is for QEMU_ACCEL=kvm, not for {accel}"),
            format!("remove {part}, or set gic-version=3"),
        ));
    }
    if !accelerator.is_hardware() {
        if cpu_model == "host" && accelerator == Accelerator::Tcg {
            return Err(ExitError::setup(
                format!("QEMU_CPU={cpu} is for QEMU_ACCEL=kvm or hvf, not for {accel}"),
                "set it to max, cortex-a53, cortex-a72 or neoverse-n1",
            ));
        }
        return Ok(());
    }
    let name = accelerator.name();
    if let Some(part) = accel.split(',').skip(1).find(|part| part.starts_with("thread=")) {
        return Err(ExitError::setup(
            format!("QEMU_ACCEL={accel}: {part} is an option of tcg"),
            format!("set it to {name}"),
        ));
    }
    if !["host", "max"].contains(&cpu_model) {
        return Err(ExitError::setup(
            format!(
                "QEMU_CPU={cpu} is emulated, and with QEMU_ACCEL={name} the host's own cores run"
            ),
            "unset QEMU_CPU or set it to host, or unset QEMU_ACCEL",
        ));
    }
    let is_on = |part: &&str| match part.split_once('=').unwrap_or((part, "on")) {
        ("virtualization", value) => is_on(value),
        _ => false,
    };
    if let Some(part) = machine.split(',').find(is_on) {
        return Err(ExitError::setup(
            format!(
                "QEMU_MACHINE={machine} starts at EL2, which QEMU_ACCEL={name} keeps for itself"
            ),
            format!("remove {part}, or unset QEMU_ACCEL"),
        ));
    }
    let only_tcg = |arg: &&String| ["icount", "plugin"].contains(&option(arg).unwrap_or(""));
    if let Some(arg) = extra.iter().find(only_tcg) {
        return Err(ExitError::setup(
            format!("QEMU_EXTRA holds {arg}, which only emulated cores have, not those of {name}"),
            "remove it, or unset QEMU_ACCEL",
        ));
    }
    Ok(())
}
