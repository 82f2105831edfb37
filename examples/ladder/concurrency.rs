//! Whether cores run on their own, or take turns as under `thread=single`.

use crate::barrier::Barrier;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use machine::arch::{cpu, time};
use machine::smp::{cores, jobs};
use rundown::CacheLine;

/// How long core 0 watches core 1, in milliseconds: a busy host may let it wait for some tens.
const LOOK_MS: u64 = 300;
/// Beats that must be seen. A core that has its turn beats once and gives the turn away, and then core 0
/// keeps it for 100 ms (QEMU, accel/tcg/tcg-accel-ops-rr.c, `TCG_KICK_PERIOD`).
const BEATS: usize = 100;

/// Returns whether two cores run on their own: core 1 counts, core 0 watches without giving way.
pub fn cores_run_on_their_own() -> bool {
    cores::count() > 1 && beats_seen() >= BEATS
}

fn beats_seen() -> usize {
    let barrier = Barrier::default();
    let beat = CacheLine(AtomicUsize::new(0));
    let stop = CacheLine(AtomicBool::new(false));
    let seen = AtomicUsize::new(0);
    jobs::run_on(&|core| core < 2, &|core| {
        barrier.wait(2);
        if core == 1 {
            while !stop.0.load(Ordering::Relaxed) {
                beat.0.fetch_add(1, Ordering::Relaxed);
                cpu::give_way(); // taking turns, core 0 has to come to its end
            }
            return;
        }
        let end = time::now() + LOOK_MS * time::frequency() / 1000;
        let beats = || beat.0.load(Ordering::Relaxed);
        while beats() < BEATS && time::now() < end {}
        seen.store(beats(), Ordering::Relaxed);
        stop.0.store(true, Ordering::Relaxed);
    });
    seen.into_inner()
}
