//! Which interrupts the calling core takes: DAIF (Arm ARM, "PSTATE").

use aarch64_cpu::registers::{DAIF, Readable, Writeable};

/// Lets synchronous and system errors through: what goes wrong should show where it goes wrong.
pub fn unmask_errors() {
    DAIF.write(DAIF::D::Masked + DAIF::A::Unmasked + DAIF::I::Masked + DAIF::F::Masked);
}

/// Lets interrupts through on this core.
pub fn unmask_interrupts() {
    DAIF.write(DAIF::D::Masked + DAIF::A::Unmasked + DAIF::I::Unmasked + DAIF::F::Masked);
}

/// Holds interrupts back on this core.
pub fn mask_interrupts() {
    DAIF.write(DAIF::D::Masked + DAIF::A::Unmasked + DAIF::I::Masked + DAIF::F::Masked);
}

/// Returns whether interrupts are held back on this core.
pub fn interrupts_are_masked() -> bool {
    DAIF.is_set(DAIF::I)
}

/// Runs `f` with interrupts held back on this core.
pub fn without_interrupts<R>(f: impl FnOnce() -> R) -> R {
    let before = DAIF.get();
    mask_interrupts();
    let result = f();
    DAIF.set(before);
    result
}
