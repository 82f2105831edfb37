//! How long to wait, and for what nobody wakes a core.

use machine::arch::time;
use machine::smp::park;

/// How long anything here may take, in milliseconds.
pub const DEADLINE_MS: u64 = 10_000;

/// Waits until something has happened that nobody wakes this core for. Returns whether it has, in time.
pub fn comes_true(ready: impl Fn() -> bool) -> bool {
    let nobody = 0u8;
    let look = |at| park::wait((&raw const nobody).cast(), &ready, at);
    let deadline = time::after_ms(DEADLINE_MS);
    while !look(time::after_ms(1)) {
        if time::now() >= deadline {
            return false;
        }
    }
    true
}
