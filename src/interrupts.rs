//! What interrupts do: wake a sleeping core, ring the timer.

use crate::{cores, gic, timer};
use core::sync::atomic::Ordering;

/// The inter-core interrupt (SGI) that only ends a sleep: there is something to look at.
pub const WAKE: u32 = 0;

/// Called by boot/vectors.S on the exception stack, with interrupts masked.
pub extern "C" fn interrupt() {
    let core = cores::this();
    core.interrupts.store(core.interrupts.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    take_pending();
}

/// Handles the interrupt that is pending, if one is. Interrupts are masked.
pub fn take_pending() {
    gic::handle(|id| match id {
        gic::Interrupt::Wake => {}
        gic::Interrupt::Timer => timer::interrupt(),
        gic::Interrupt::Other(number) => panic!("interrupt {number}, which nobody has enabled"),
    });
}
