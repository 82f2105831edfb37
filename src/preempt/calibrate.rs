//! Measures what a slice costs, so that slices have exactly the length that was drawn.

use super::{FIRST_ALWAYS, LONGEST, LONGEST_SLICE, OVERHEAD, SHORTEST};
use super::{enter, finish, leave, prepare, trace};
use crate::jobs;
use core::arch::asm;
use core::sync::atomic::Ordering;

/// Measures `OVERHEAD`, so that slices have the length that was drawn, and checks that they do.
pub fn calibrate(cores: usize) {
    const LONG: u64 = 300;
    for (waiting, overhead) in OVERHEAD.iter().enumerate().take(cores) {
        let progress = progress_in(LONG, waiting);
        assert!(
            (1..=LONG).contains(&progress),
            "a slice of {LONG} ticks ends after {progress} instructions: \
             QEMU must run with -icount shift=4,sleep=off"
        );
        overhead.store(LONG - progress, Ordering::Relaxed);
        for length in [3, LONGEST_SLICE] {
            let progress = progress_in(length, waiting);
            assert!(progress == length, "a slice of {length} instructions ends after {progress}");
        }
    }
}

/// Leads core 0 through a row of NOPs in slices of `length`, while others wait for their turn.
/// Returns how far one slice went.
fn progress_in(length: u64, waiting: usize) -> u64 {
    prepare(0, waiting + 1);
    FIRST_ALWAYS.store(true, Ordering::Relaxed);
    SHORTEST.store(length, Ordering::Relaxed);
    LONGEST.store(1, Ordering::Relaxed);
    jobs::run_on(&|core| core <= waiting, &|core| {
        enter();
        if core == 0 {
            // SAFETY: NOPs, more than three slices take.
            unsafe { asm!(".rept 900", "nop", ".endr", options(nomem, nostack, preserves_flags)) };
        }
        leave();
    });
    finish();
    FIRST_ALWAYS.store(false, Ordering::Relaxed);
    SHORTEST.store(1, Ordering::Relaxed);
    // The first may have ended before the NOPs.
    let [second, third] = [1, 2].map(trace::stopped_at);
    third.wrapping_sub(second) / 4
}
