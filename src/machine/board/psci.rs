//! The firmware: it starts cores and stops them (PSCI, Arm DEN0022).

use crate::board::device_tree::{self, Conduit};
use smccc::psci::{self, AffinityState, LowestAffinityLevel};
use smccc::{Call, Hvc, Smc};

pub use smccc::psci::Error;

/// "Call UID" of the vendor-specific hypervisor services (Arm DEN0028, "Vendor Specific Hypervisor Service").
const HYPERVISOR_UID: u32 = 0x8600_ff01;
/// KVM's answer (Linux, include/linux/arm-smccc.h, ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_0 to 3).
const KVM: [u32; 4] = [0xb66f_b428, 0xe911_c52e, 0x564b_caa9, 0x743a_004d];

/// Calls a function of PSCI, in the way that this machine has.
macro_rules! call {
    ($function:ident ( $($argument:expr),* )) => {
        match device_tree::machine().conduit {
            Conduit::Hvc => psci::$function::<Hvc>($($argument),*),
            Conduit::Smc => psci::$function::<Smc>($($argument),*),
        }
    };
}

/// Starts the core with this affinity at the address `entry`, with `argument` in x0.
pub fn start_core(affinity: u64, entry: usize, argument: usize) -> Result<(), Error> {
    call!(cpu_on(affinity, entry as u64, argument as u64))
}

/// Switches the calling core off. Comes back only if that cannot be.
///
/// The firmware cleans the core's caches (DEN0022, 5.5). What the caller owes: interrupts masked, and nothing
/// that has to reach this core.
pub fn stop_core() -> Result<(), Error> {
    call!(cpu_off())
}

/// Returns whether the core with this affinity is off: only then can it be started.
pub fn is_off(affinity: u64) -> bool {
    call!(affinity_info(affinity, LowestAffinityLevel::All)) == Ok(AffinityState::Off)
}

/// Returns whether the machine is one of Linux's KVM.
///
/// Hypervisors are called by HVC. One that does not know the call answers with -1 (Arm DEN0028, "Unknown
/// Function Identifier").
pub fn is_kvm() -> bool {
    let conduit = device_tree::machine().conduit;
    conduit == Conduit::Hvc && Hvc::call32(HYPERVISOR_UID, [0; 7])[..4] == KVM
}
