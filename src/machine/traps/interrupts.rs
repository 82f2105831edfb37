//! What interrupts do: end a sleep, serve the timer.

use crate::board::gic::{self, Interrupt};
use crate::smp::cores;
use core::sync::atomic::Ordering;

/// Called by boot/vectors.S on the exception stack, with interrupts masked.
pub extern "C" fn interrupt() {
    let core = cores::this();
    core.interrupts.store(core.interrupts.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    take_pending();
}

/// Handles the interrupt that is pending, if one is. Interrupts are masked.
pub fn take_pending() {
    gic::handle(|id| match id {
        Interrupt::Wake => {}
        Interrupt::Timer => cores::this().timer.interrupt(),
        Interrupt::Other(number) => panic!("interrupt {number}, which nobody has enabled"),
    });
}
