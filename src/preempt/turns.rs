//! Waiting for a run-down, giving the turn away meanwhile.

use super::{ASLEEP, NOBODY, READY, STATES, TURN, hand_over, next_slice, plugin, slice_ends};
use super::{trace, wait_for_turn};
use crate::{cores, park, time, timer};
use aarch64_cpu::registers::{DAIF, Readable};
use core::sync::atomic::Ordering;
use rundown::Park;
use trace::Step;

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
            if !done && DAIF.is_set(DAIF::I) {
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

/// The deadline for a wait of a scenario: not reached unless a wake-up is lost.
pub fn deadline() -> u64 {
    time::after_ms(DEADLINE_MS)
}

fn fall_asleep() {
    timer::ring_at(u64::MAX, slice_ends);
    STATES[cores::this_index()].store(ASLEEP, Ordering::Relaxed);
    trace::add(Step::Slept);
    hand_over();
}

fn wake_up() {
    let this = cores::this_index();
    if STATES[this].load(Ordering::Relaxed) != ASLEEP {
        return;
    }
    STATES[this].store(READY, Ordering::Relaxed);
    // Nobody else may be left to hand over.
    let _ = TURN.compare_exchange(NOBODY, this, Ordering::Relaxed, Ordering::Relaxed);
    wait_for_turn();
    trace::add(Step::Woke);
    next_slice();
}
