//! Whether cores run at the same time: under `thread=single` and `-icount` they take turns.

use super::Yield;
use super::gate::Gate;
use crate::{cores, jobs, time};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use ladder::RelaxStrategy;
use rundown::CacheLine;

/// How long core 0 watches core 1, in milliseconds: on a busy host the two may have to wait for each
/// other many times until they run at once.
const LOOK_MS: u64 = 300;
/// Changes that must be seen. Under round robin there is at most one for a time slice of core 0, which
/// takes 100 ms (QEMU, accel/tcg/tcg-accel-ops-rr.c, `TCG_KICK_PERIOD`).
const CHANGES: usize = 100;

/// Tells whether two cores run at once: core 1 counts, core 0 watches it count without giving way.
///
/// A host that is very busy may make them take turns too; then the answer is no.
pub fn cores_run_at_once() -> bool {
    cores::count() > 1 && changes_seen() >= CHANGES
}

fn changes_seen() -> usize {
    let gate = Gate::default();
    let beat = CacheLine(AtomicUsize::new(0));
    let stop = CacheLine(AtomicBool::new(false));
    let changes = AtomicUsize::new(0);
    jobs::run_on(&|core| core < 2, &|core| {
        gate.pass(2);
        if core == 1 {
            while !stop.0.load(Ordering::Relaxed) {
                beat.0.fetch_add(1, Ordering::Relaxed);
                Yield::relax(); // taking turns, core 0 has to come to its end
            }
            return;
        }
        let end = time::now() + LOOK_MS * time::frequency() / 1000;
        let mut last = 0;
        while time::now() < end && changes.load(Ordering::Relaxed) < CHANGES {
            let now = beat.0.load(Ordering::Relaxed);
            changes.fetch_add(usize::from(now != last), Ordering::Relaxed);
            last = now;
        }
        stop.0.store(true, Ordering::Relaxed);
    });
    changes.into_inner()
}
