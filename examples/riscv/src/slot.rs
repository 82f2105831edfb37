//! The slot of a hart: its index, which stands in `tp`.

use core::arch::asm;
use rundown::CurrentSlot;

/// The most harts that this kernel is built for.
pub const MOST: usize = 64;

/// The slot of the calling hart is its index.
pub struct ThisHart;

impl CurrentSlot for ThisHart {
    #[inline]
    fn current_slot() -> usize {
        index()
    }
}

/// Returns the index of the calling hart.
#[inline]
pub fn index() -> usize {
    let index;
    // SAFETY: it only reads a register. Nothing here moves from hart to hart, so `pure` holds.
    unsafe { asm!("mv {}, tp", out(reg) index, options(pure, nomem, nostack, preserves_flags)) };
    index
}

/// Gives the calling hart its index, once, before anything asks for it.
///
/// `tp` is the pointer to thread-local variables (RISC-V psABI), of which a kernel has none. Traps keep it: this
/// kernel never leaves supervisor mode, and riscv-rt's trap entry does not touch it.
pub fn set_index(index: usize) {
    // SAFETY: nobody else uses the register.
    unsafe { asm!("mv tp, {}", in(reg) index, options(nomem, nostack, preserves_flags)) };
}
