//! Waiting for a run-down, giving the turn away meanwhile.

use crate::schedule::plugin;
use crate::schedule::scheduler::{self, ASLEEP, NOBODY, READY, STATES, TURN};
use crate::schedule::trace::{self, Step};
use core::sync::atomic::Ordering;
use machine::arch::{interrupt_mask, time};
use machine::smp::{cores, park};
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
            wake_up();
            let done = ready();
            // `park::wait` looks once more with interrupts masked, and then sleeps.
            if !done && interrupt_mask::interrupts_are_masked() {
                fall_asleep();
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

fn fall_asleep() {
    scheduler::be_preempted_at(u64::MAX);
    STATES[cores::this_index()].store(ASLEEP, Ordering::Relaxed);
    trace::add(Step::Slept);
    scheduler::hand_over();
}

fn wake_up() {
    let this = cores::this_index();
    if STATES[this].load(Ordering::Relaxed) != ASLEEP {
        return;
    }
    STATES[this].store(READY, Ordering::Relaxed);
    // Nobody else may be left to hand over.
    let _ = TURN.compare_exchange(NOBODY, this, Ordering::Relaxed, Ordering::Relaxed);
    scheduler::wait_for_turn();
    trace::add(Step::Woke);
    scheduler::next_slice();
}
