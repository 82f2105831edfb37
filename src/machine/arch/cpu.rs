//! What a core says about itself, and how it waits.

use aarch64_cpu::registers::{CurrentEL, MPIDR_EL1, Readable, SCTLR_EL1};
use core::arch::asm;

/// Affinity fields (Arm ARM, MPIDR_EL1): Aff3 in bits 39:32, Aff2, Aff1, Aff0 in 23:0.
const AFFINITY: u64 = 0xff_00ff_ffff;

/// Returns the affinity of the calling core: its place in the machine, as in MPIDR_EL1.
pub fn affinity() -> u64 {
    MPIDR_EL1.get() & AFFINITY
}

/// Returns the exception level of the calling core; always 1 unless something is badly wrong.
pub fn exception_level() -> u8 {
    CurrentEL.read(CurrentEL::EL) as u8
}

/// Returns whether the calling core runs with its MMU and its data cache on.
pub fn memory_is_cached() -> bool {
    SCTLR_EL1.is_set(SCTLR_EL1::M) && SCTLR_EL1.is_set(SCTLR_EL1::C)
}

/// Gives way for a moment, in a loop that waits for another core.
///
/// YIELD lets QEMU's `thread=single` go on with the next core and does nothing otherwise.
/// `core::hint::spin_loop` is an ISB there, with which a waiting core uses up its time slice.
#[inline(always)]
pub fn give_way() {
    // SAFETY: a hint, without effect on registers or memory.
    unsafe { asm!("yield", options(nomem, nostack, preserves_flags)) };
}

/// Stops this core for good.
pub fn sleep_forever() -> ! {
    loop {
        aarch64_cpu::asm::wfi();
    }
}
