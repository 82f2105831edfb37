//! The end: the verdict on the console, then QEMU's exit status by semihosting, or PSCI without one.
//!
//! One core ends the run. The console is its own from its first word on (see [`console::seize`]), so what
//! it has said and QEMU's status cannot contradict each other, whoever else wants to end the run as well.

use crate::arch::semihosting;
use crate::board::console::{self, println};
use qemu_exit::QEMUExit;

/// The exit status of QEMU. Only the low 8 bits of a status arrive, so these are all there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything that was planned ran and passed.
    Pass = 0,
    /// A test failed, a panic, an exception.
    Fail = 1,
}

unsafe extern "C" {
    // boot/end.S
    fn switch_off() -> !;
}

/// Prints the line that ends every report, and ends QEMU. If another core is at it, stops this one.
pub fn verdict(status: Status) -> ! {
    console::seize();
    println!("# rundown: {}", if status == Status::Pass { "PASS" } else { "FAIL" });
    exit(status)
}

/// Ends QEMU, or stops this core if another is at it.
///
/// Where nobody answers semihosting, PSCI ends QEMU with status 0, whatever happened: then the report alone
/// decides, and one without `# rundown: PASS` at its end is no pass. What is printed has left by then: QEMU's
/// UART passes a byte on when it is written (hw/char/pl011.c, pl011_write).
pub fn exit(status: Status) -> ! {
    console::seize();
    if semihosting::answers() {
        qemu_exit::AArch64::new().exit(status as u32)
    }
    // SAFETY: it only needs EL1, and takes what it faults on itself.
    unsafe { switch_off() }
}
