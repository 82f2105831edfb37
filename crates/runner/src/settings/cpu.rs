//! QEMU_CPU: the models that cannot run a 64-bit kernel.

use crate::exit_error::ExitError;

/// The 32-bit models of `qemu-system-aarch64`, by their beginnings: those of QEMU's
/// target/arm/tcg/cpu32.c (cpu_tcg.c before 8.1). QEMU starts them without a warning,
/// and the kernel would then hang at its first instruction.
const BEGINNINGS_32_BIT: [&str; 7] =
    ["arm", "cortex-m", "cortex-r5", "pxa", "sa1100", "sa1110", "ti925t"];
/// 32-bit models whose name is the beginning of a 64-bit one, so only the whole name counts.
const NAMES_32_BIT: [&str; 4] = ["cortex-a7", "cortex-a8", "cortex-a9", "cortex-a15"];

/// Refuses a CPU model that is known to be 32-bit. Whether QEMU knows the model is asked elsewhere.
pub fn check_cpu(cpu: &str) -> Result<(), ExitError> {
    let name = model(cpu);
    let narrow = NAMES_32_BIT.contains(&name)
        || BEGINNINGS_32_BIT.iter().any(|start| name.starts_with(start));
    if narrow {
        let remedy = "set it to a 64-bit model: max, cortex-a53, cortex-a72, neoverse-n1";
        return Err(ExitError::setup(format!("QEMU_CPU={cpu} is a 32-bit CPU"), remedy));
    }
    Ok(())
}

/// Returns the name of the model, without its features and the old suffix that QEMU still takes.
pub fn model(cpu: &str) -> &str {
    let name = cpu.split(',').next().unwrap_or_default();
    name.strip_suffix("-arm-cpu").unwrap_or(name)
}
