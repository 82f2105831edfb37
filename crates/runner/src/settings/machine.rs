//! QEMU_MACHINE: which machine, and how many cores it takes.

use crate::exit_error::ExitError;

/// GICv2 has eight CPU interfaces (GIC architecture 2.0, 1.1; QEMU's `GIC_NCPU`).
pub const MOST_GICV2: u32 = 8;
/// QEMU's `virt` machine ends at 512 cores, whatever the GIC could do (hw/arm/virt.c, `max_cpus`).
pub const MOST_GICV3: u32 = 512;

/// Checks the machine and returns the most cores it takes.
pub fn most_cores(machine: &str) -> Result<u32, ExitError> {
    let mut parts = machine.split(',');
    let name = parts.next().unwrap_or_default();
    let versioned = name
        .strip_prefix("virt-")
        .is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()));
    if name != "virt" && !versioned {
        return Err(ExitError::setup(
            format!("QEMU_MACHINE={machine} is not a virt machine"),
            "set it to virt or virt,gic-version=3",
        ));
    }
    // Plain `virt` has a GICv2. Newer versions of QEMU pick a GICv3 by themselves when there are
    // more cores than that; to mean the same everywhere, we want it to be asked for.
    let mut most = MOST_GICV2;
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, "on"));
        match (key, value) {
            ("secure", value) if is_on(value) => {
                return Err(ExitError::setup(
                    format!(
                        "QEMU_MACHINE={machine} starts at EL3, and EL3 firmware is not provided"
                    ),
                    format!("remove {part}"),
                ));
            }
            ("accel", _) => {
                return Err(ExitError::setup(
                    format!("QEMU_MACHINE={machine} chooses the accelerator"),
                    format!("remove {part} and set QEMU_ACCEL instead"),
                ));
            }
            // What `host` and `max` are under KVM only the host knows; QEMU refuses what it has not.
            ("gic-version", "2") => most = MOST_GICV2,
            ("gic-version", _) => most = MOST_GICV3,
            _ => {}
        }
    }
    Ok(most)
}

/// Returns whether QEMU takes the value for a switch that is on (util/qapi, qapi_bool_parse).
pub fn is_on(value: &str) -> bool {
    ["on", "yes", "true", "y"].contains(&value)
}
