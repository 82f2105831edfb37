//! Waiting for a run-down, giving the turn away meanwhile.

use crate::schedule::{plugin, scheduler};
use machine::arch::{interrupt_mask, time};
use machine::smp::park;
use rundown::Park;

/// How long a wait may take; ten times what the longest run takes.
const DEADLINE_MS: u64 = 1_000;

/// Waits in [`park::wait`], the kernel's own way to sleep, and is woken by its interrupt.
#[derive(Clone, Copy, Debug)]
pub struct Turns;

impl Park for Turns {
    /// Ticks of [`time::now`].
    type Deadline = u64;

    fn park_until(
        address: *const (),
        ready: &mut dyn FnMut() -> bool,
        deadline: Option<u64>,
    ) -> bool {
        if plugin::chooses() {
            return plugin::wait(address, ready);
        }
        let look = || {
            scheduler::wake_up();
            let done = ready();
            // `park::wait` looks once more with interrupts masked, and then sleeps.
            if !done && interrupt_mask::interrupts_are_masked() {
                scheduler::fall_asleep();
            }
            done
        };
        park::wait(address, look, deadline.unwrap_or_else(self::deadline))
    }

    fn unpark_all(address: *const ()) {
        park::wake(address);
    }
}

/// Returns the deadline for a wait of a scenario: not reached unless a wake-up is lost.
pub fn deadline() -> u64 {
    time::after_ms(DEADLINE_MS)
}
