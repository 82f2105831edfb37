//! Semihosting: a HLT instruction by which the kernel asks QEMU for a service.
//!
//! Arm, "Semihosting for AArch32 and AArch64". QEMU answers only with `-semihosting-config enable=on`;
//! without it the HLT is an undefined instruction.

use core::arch::asm;

/// The operation that prints a zero-terminated string on the debugger's console.
pub const SYS_WRITE0: u64 = 0x04;
/// The operation that ends the program (Arm semihosting, "SYS_EXIT (0x18)").
pub const SYS_EXIT: u64 = 0x18;
/// The reason for [`SYS_EXIT`] that carries an exit status.
pub const ADP_STOPPED_APPLICATION_EXIT: u64 = 0x20026;

/// Prints without a device, for the time before the UART is known.
pub fn print(text: &str) {
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
