//! The end: QEMU's exit status, by semihosting.

use crate::console;
use core::arch::asm;
use core::sync::atomic::{AtomicBool, Ordering};
use qemu_exit::QEMUExit;

/// Semihosting operation: print a zero-terminated string on the debugger's console.
pub const SYS_WRITE0: u64 = 0x04;
/// Semihosting operation: end the program (Arm semihosting, "SYS_EXIT (0x18)").
pub const SYS_EXIT: u64 = 0x18;
/// The reason for [`SYS_EXIT`] that carries an exit status.
pub const ADP_STOPPED_APPLICATION_EXIT: u64 = 0x20026;

/// The exit status of QEMU. Only the low 8 bits of a status arrive, so these are all there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything that was planned ran and passed.
    Pass = 0,
    /// A test failed, a panic, an exception.
    Fail = 1,
}

static EXITING: AtomicBool = AtomicBool::new(false);

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

/// Tells whether [`exit`] was called: an exception after that means that semihosting is off.
pub fn exiting() -> bool {
    EXITING.load(Ordering::Relaxed)
}

/// Stops this core for good.
pub fn sleep_forever() -> ! {
    loop {
        aarch64_cpu::asm::wfi();
    }
}

/// Prints without a UART, for the time before the device tree has told where one is.
pub fn semihosting_print(text: &str) {
    for chunk in text.as_bytes().chunks(63) {
        let mut line = [0u8; 64]; // SYS_WRITE0 wants a zero at the end
        line[..chunk.len()].copy_from_slice(chunk);
        // SAFETY: SYS_WRITE0 reads the zero-terminated string at x1, which lives across the call,
        // and returns with x0 undefined (Arm semihosting, "SYS_WRITE0 (0x04)").
        unsafe {
            asm!(
                "hlt #0xf000",
                inout("x0") SYS_WRITE0 => _,
                in("x1") line.as_ptr(),
                options(nostack, readonly)
            );
        }
    }
}

/// Says that there was no way to end QEMU: the exit call was taken as an undefined instruction.
pub fn semihosting_off() {
    console::print(format_args!(
        "# cannot end QEMU: start it with -semihosting-config enable=on,target=native\n"
    ));
}
