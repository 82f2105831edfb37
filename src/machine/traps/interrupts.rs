//! What interrupts do: end a sleep, serve the timer, call a function of the image.
//!
//! A handler runs on the exception stack with interrupts masked, and ELR_EL1 says what was interrupted. One
//! that unmasks them is interrupted in turn, on the same stack. It masks them again before it returns, and
//! sees to it that there is room: below the stack lies a guard page.

use crate::board::gic::{self, Interrupt};
use crate::smp::cores;
use core::sync::atomic::Ordering;
use spin::Once;

static HANDLER: Once<fn()> = Once::new();

/// Sets what an inter-core interrupt calls on the core that takes it. There is one handler, the first.
pub fn set_handler(handler: fn()) {
    HANDLER.call_once(|| handler);
}

/// Called by boot/vectors.S on the exception stack, with interrupts masked.
pub extern "C" fn interrupt() {
    let core = cores::this();
    core.interrupts.store(core.interrupts.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    take_pending();
}

/// Handles the interrupt that is pending, if one is. Interrupts are masked.
pub fn take_pending() {
    gic::handle(|id| match id {
        Interrupt::Wake => HANDLER.get().into_iter().for_each(|handler| handler()),
        Interrupt::Timer => cores::this().timer.interrupt(),
        Interrupt::Other(number) => panic!("interrupt {number}, which nobody has enabled"),
    });
}
