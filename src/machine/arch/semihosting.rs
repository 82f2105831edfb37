//! Semihosting: a HLT instruction by which the kernel asks QEMU for a service.
//!
//! Arm, "Semihosting for AArch32 and AArch64". QEMU answers with `-semihosting-config enable=on`, and under
//! TCG only; elsewhere the HLT is an undefined instruction, and boot/end.S comes back without an answer.

use core::arch::asm;

/// The operation that prints a zero-terminated string on the debugger's console.
pub const SYS_WRITE0: u64 = 0x04;
/// The operation that ends the program (Arm semihosting, "SYS_EXIT (0x18)").
pub const SYS_EXIT: u64 = 0x18;
/// The reason for [`SYS_EXIT`] that carries an exit status.
pub const ADP_STOPPED_APPLICATION_EXIT: u64 = 0x20026;

/// Returns whether somebody answers.
pub fn answers() -> bool {
    let answered: usize;
    // SAFETY: the operation reads the string at x1, here an empty one, and changes x0. The other registers
    // are what boot/end.S says that it changes; the flags and the stack it keeps.
    unsafe {
        asm!(
            "bl semihosting",
            inout("x0") SYS_WRITE0 => _,
            inout("x1") c"".as_ptr().addr() => answered,
            out("x2") _,
            out("x3") _,
            out("x4") _,
            out("x5") _,
            out("x20") _,
            out("x30") _,
            options(readonly)
        );
    }
    answered != 0
}
