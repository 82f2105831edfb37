//! Monotonic time: the virtual counter, CNTVCT_EL0 (Arm ARM, "The Generic Timer").

use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{CNTFRQ_EL0, CNTVCT_EL0, Readable};

/// Returns the counter, in ticks. Not read earlier than the instructions before it have finished.
pub fn now() -> u64 {
    barrier::isb(barrier::SY);
    CNTVCT_EL0.get()
}

/// Returns the ticks a second.
pub fn frequency() -> u64 {
    CNTFRQ_EL0.get()
}

/// Checks that there is a clock: the firmware, here QEMU, has to set its frequency.
pub fn check() {
    assert!(frequency() != 0, "CNTFRQ_EL0 is 0: the firmware has not set the timer's frequency");
}

/// Returns the time that lies this many milliseconds ahead, in ticks.
pub fn after_ms(milliseconds: u64) -> u64 {
    now() + milliseconds * frequency() / 1000
}

/// Returns ticks in nanoseconds, rounded down.
pub fn nanoseconds(ticks: u64) -> u64 {
    (u128::from(ticks) * 1_000_000_000 / u128::from(frequency())) as u64
}
