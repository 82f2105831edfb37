//! Starting a core through PSCI (Arm DEN0022).

use crate::board::device_tree::Conduit;
use smccc::psci::{self, Error};
use smccc::{Hvc, Smc};

/// Starts the core with this affinity at the address `entry`, with `argument` in x0.
pub fn start_core(
    conduit: Conduit,
    affinity: u64,
    entry: usize,
    argument: usize,
) -> Result<(), Error> {
    match conduit {
        Conduit::Hvc => psci::cpu_on::<Hvc>(affinity, entry as u64, argument as u64),
        Conduit::Smc => psci::cpu_on::<Smc>(affinity, entry as u64, argument as u64),
    }
}
