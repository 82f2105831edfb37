//! The firmware: it starts cores and stops them, and switches the machine off (PSCI, Arm DEN0022).

use crate::arch::cpu;
use crate::board::device_tree::Conduit;
use smccc::arch::{SMCCC_VERSION, Version};
use smccc::psci::{self, AffinityState, LowestAffinityLevel};
use smccc::{Call, Hvc, Smc};
use spin::Once;

pub use smccc::psci::Error;

/// "Call UID" of the vendor-specific hypervisor services (Arm DEN0028, "Vendor Specific Hypervisor Service").
const HYPERVISOR_UID: u32 = 0x8600_ff01;
/// KVM's answer (Linux, include/linux/arm-smccc.h, ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_0 to 3).
const KVM: [u32; 4] = [0xb66f_b428, 0xe911_c52e, 0x564b_caa9, 0x743a_004d];

static CONDUIT: Once<Conduit> = Once::new();

/// Remembers how the device tree says that PSCI is called.
pub fn start(conduit: Conduit) {
    CONDUIT.call_once(|| conduit);
}

/// Returns what the tree said, or before it has been read what is to be expected: with an EL2, which we
/// were entered at, only firmware can answer.
fn conduit() -> Conduit {
    let expected = || if cpu::has_el2() { Conduit::Smc } else { Conduit::Hvc };
    CONDUIT.get().copied().unwrap_or_else(expected)
}

/// Calls a function of PSCI, in the way that this machine has.
macro_rules! call {
    ($function:ident ( $($argument:expr),* )) => {
        match conduit() {
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

/// Switches the machine off: QEMU ends with status 0. Comes back if the firmware does not know how.
pub fn system_off() {
    let _ = call!(system_off());
}

/// Returns whether the machine is one of Linux's KVM.
///
/// Asked as Linux does (drivers/firmware/psci/psci.c, drivers/firmware/smccc/kvm_guest.c): the call is only
/// defined from SMCCC 1.1 on, which PSCI 1.0 and later know of, and hypervisors are called by HVC.
pub fn is_kvm() -> bool {
    conduit() == Conduit::Hvc
        && psci::version::<Hvc>().is_ok_and(|it| it.major >= 1)
        && psci::psci_features::<Hvc>(SMCCC_VERSION).is_ok()
        && smccc::arch::version::<Hvc>().is_ok_and(|it| it >= Version { major: 1, minor: 1 })
        && Hvc::call32(HYPERVISOR_UID, [0; 7])[..4] == KVM
}
