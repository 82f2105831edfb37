//! Measures what a slice costs, so that it has exactly the length that was drawn.

use crate::schedule::scheduler::{self, LONGEST_SLICE};
use crate::schedule::trace;
use core::arch::asm;
use machine::arch::time;
use machine::smp::jobs;

/// The frequency at which `-icount shift=4`, which is 16 ns an instruction, makes it a tick.
const FREQUENCY: u64 = 62_500_000;

/// Measures what a slice takes besides the code that it interrupts, and checks that slices then have the
/// length that was drawn, however many of the `cores` wait for their turn.
pub fn calibrate(cores: usize) {
    const LONG: u64 = 300;
    let frequency = time::frequency();
    assert!(
        frequency == FREQUENCY,
        "the counter runs at {frequency} Hz, not at {FREQUENCY}: \
         QEMU must run with -cpu max,cntfrq={FREQUENCY}"
    );
    let progress = progress_in(LONG, 0);
    assert!(
        (1..=LONG).contains(&progress),
        "a slice of {LONG} ticks ends after {progress} instructions: \
         QEMU must run with -icount shift=4,sleep=off"
    );
    scheduler::set_overhead(LONG - progress);
    for waiting in 0..cores {
        for length in [3, LONGEST_SLICE] {
            let progress = progress_in(length, waiting);
            assert!(
                progress == length,
                "with {waiting} cores waiting, a slice of {length} instructions ends after {progress}"
            );
        }
    }
}

/// Runs core 0 over a row of NOPs in slices of `length`, while others wait for their turn.
/// Returns how far one slice went.
fn progress_in(length: u64, waiting: usize) -> u64 {
    scheduler::prepare(0, waiting + 1);
    scheduler::fix_slices(Some(length));
    jobs::run_on(&|core| core <= waiting, &|core| {
        scheduler::enter();
        if core == 0 {
            // SAFETY: NOPs, more than three slices take.
            unsafe { asm!(".rept 900", "nop", ".endr", options(nomem, nostack, preserves_flags)) };
        }
        scheduler::leave();
    });
    scheduler::finish();
    scheduler::fix_slices(None);
    // The first may have ended before the NOPs.
    let [second, third] = [1, 2].map(trace::stopped_at);
    third.wrapping_sub(second) / 4
}
