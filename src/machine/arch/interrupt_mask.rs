//! Which interrupts the calling core takes: DAIF (Arm ARM, "PSTATE").

use aarch64_cpu::registers::{DAIF, Readable, Writeable};

/// Unmasks interrupts on this core.
pub fn unmask_interrupts() {
    DAIF.write(DAIF::D::Masked + DAIF::A::Unmasked + DAIF::I::Unmasked + DAIF::F::Masked);
}

/// Masks interrupts on this core, but never SError: what goes wrong should show where it goes wrong.
pub fn mask_interrupts() {
    DAIF.write(DAIF::D::Masked + DAIF::A::Unmasked + DAIF::I::Masked + DAIF::F::Masked);
}

/// Returns whether interrupts are masked on this core.
pub fn interrupts_are_masked() -> bool {
    DAIF.is_set(DAIF::I)
}

/// Runs `f` with interrupts masked on this core.
pub fn without_interrupts<R>(f: impl FnOnce() -> R) -> R {
    let before = DAIF.get();
    mask_interrupts();
    let result = f();
    DAIF.set(before);
    result
}
