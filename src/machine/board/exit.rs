//! The end: the verdict on the console, QEMU's exit status by semihosting.

use crate::board::console::{self, println};
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

/// Prints the line that ends every report, and ends QEMU.
pub fn verdict(status: Status) -> ! {
    println!("# rundown: {}", if status == Status::Pass { "PASS" } else { "FAIL" });
    exit(status)
}

/// Ends QEMU. Also works on another core than 0, and twice.
///
/// Not through PSCI: SYSTEM_OFF would end QEMU with status 0, whatever happened.
pub fn exit(status: Status) -> ! {
    console::flush();
    if EXITING.swap(true, Ordering::Relaxed) {
        // The exit call itself has faulted, or another core is at it.
        sleep_forever();
    }
    qemu_exit::AArch64::new().exit(status as u32)
}

/// Returns whether [`exit`] was called: an exception after that means that semihosting is off.
pub fn exiting() -> bool {
    EXITING.load(Ordering::Relaxed)
}

/// Says that there was no way to end QEMU: the exit call was taken as an undefined instruction.
pub fn say_semihosting_is_off() {
    println!("# cannot end QEMU: start it with -semihosting-config enable=on,target=native");
}

/// Stops this core for good.
pub fn sleep_forever() -> ! {
    loop {
        aarch64_cpu::asm::wfi();
    }
}
