//! How a core waits for others here: asleep, with a deadline.

use machine::arch::time;
use machine::smp::{cores, park};

/// Deadline for whatever a core waits for here, in milliseconds.
const DEADLINE_MS: u64 = 20_000;

/// Sleeps at `address` until `ready`. Panics, naming the core and what it waits for, if that is late.
pub fn wait(address: *const (), what: &str, ready: impl FnMut() -> bool) {
    if !park::wait(address, ready, time::after_ms(DEADLINE_MS)) {
        panic!("core {} has waited {DEADLINE_MS} ms for {what}", cores::this_index());
    }
}
