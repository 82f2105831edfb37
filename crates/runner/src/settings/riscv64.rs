//! What a RISC-V kernel gets if nothing is set, and what cannot be.
//!
//! Without `-bios` in QEMU_EXTRA, QEMU's own OpenSBI boots the kernel in supervisor mode.

use super::accel::Accelerator;
use crate::exit_error::ExitError;

/// The machine if none is set.
pub const MACHINE: &str = "virt";

/// Returns the CPU model if none is set. QEMU 7.2 has no `max` for RISC-V.
pub fn default_cpu(accelerator: Accelerator) -> &'static str {
    if accelerator.is_hardware() { "host" } else { "rv64" }
}

/// Refuses what cannot work. Machines and models are QEMU's to judge.
pub fn check(accel: &str, machine: &str) -> Result<(), ExitError> {
    if Accelerator::of(accel) == Accelerator::Hvf {
        return Err(ExitError::setup(
            format!("QEMU_ACCEL={accel} runs no RISC-V, as Apple's computers have no such cores"),
            "unset it to have the cores emulated",
        ));
    }
    if let Some(part) = machine.split(',').find(|part| part.starts_with("accel=")) {
        return Err(ExitError::setup(
            format!("QEMU_MACHINE={machine} chooses the accelerator"),
            format!("remove {part} and set QEMU_ACCEL instead"),
        ));
    }
    Ok(())
}
