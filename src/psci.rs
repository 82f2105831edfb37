//! Starting a core through PSCI (Arm DEN0022).

use crate::boot::StartContext;
use crate::device_tree::Conduit;
use smccc::{Hvc, Smc, psci};

unsafe extern "C" {
    // boot/entry.S; only its address is used.
    fn _start_secondary();
}

/// Starts the core with this affinity at `_start_secondary`, with `context` in x0.
///
/// Panics, naming the core, if PSCI refuses.
pub fn start_core(conduit: Conduit, affinity: u64, index: usize, context: &'static StartContext) {
    let entry = _start_secondary as *const () as u64;
    let argument = (&raw const *context).addr() as u64;
    let answer = match conduit {
        Conduit::Hvc => psci::cpu_on::<Hvc>(affinity, entry, argument),
        Conduit::Smc => psci::cpu_on::<Smc>(affinity, entry, argument),
    };
    if let Err(error) = answer {
        panic!("core {index} (MPIDR {affinity:#x}) cannot be started: PSCI CPU_ON says {error}");
    }
}
