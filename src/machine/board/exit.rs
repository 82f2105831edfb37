//! The end: the verdict on the console, then QEMU's exit status by semihosting, or PSCI without one.
//!
//! One core ends the run. The console is its own from its first word on (see [`console::seize`]), so what
//! it has said and QEMU's status cannot contradict each other, whoever else wants to end the run as well.

use crate::arch::{cpu, semihosting};
use crate::board::console::{self, println};
use crate::board::psci;
use core::sync::atomic::{AtomicBool, Ordering};
use qemu_exit::QEMUExit;

/// The exit status of QEMU. Only the low 8 bits of a status arrive, so these are all there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything that was planned ran and passed.
    Pass = 0,
    /// A test failed, a panic, an exception.
    Fail = 1,
}

static EXITING: AtomicBool = AtomicBool::new(false);

/// Prints the line that ends every report, and ends QEMU. If another core is at it, stops this one.
pub fn verdict(status: Status) -> ! {
    console::seize();
    println!("# rundown: {}", if status == Status::Pass { "PASS" } else { "FAIL" });
    exit(status)
}

/// Ends QEMU, or stops this core if another is at it.
///
/// Where nobody answers semihosting, PSCI ends QEMU with status 0, whatever happened: then the report alone
/// decides, and one without `# rundown: PASS` at its end is no pass.
pub fn exit(status: Status) -> ! {
    console::seize();
    console::flush();
    // Relaxed: only the core that owns the console comes here, and only it asks in its own exceptions.
    if !EXITING.swap(true, Ordering::Relaxed) {
        if semihosting::answers() {
            qemu_exit::AArch64::new().exit(status as u32);
        }
        psci::system_off();
    }
    cpu::sleep_forever()
}

/// Returns whether [`exit`] was called: an exception after that means that there is no way to end QEMU.
pub fn exiting() -> bool {
    EXITING.load(Ordering::Relaxed)
}
