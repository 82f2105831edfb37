//! Release on another core against drain: core 1 acquires and gives its holds away.

use crate::names;
use crate::races::run::{GRANTED, RELEASED, Run, Scenario};
use crate::schedule::{note, scheduler};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use rundown::{Rundown, RundownGuard};

/// How often core 1 acquires; each time one hold more.
const TRIES: usize = 3;

/// Holds on their way from core 1 to whoever takes them.
static GIVEN: AtomicUsize = AtomicUsize::new(0);
static ENDED: AtomicBool = AtomicBool::new(false);

pub const SCENARIO: Scenario = Scenario {
    name: names::MIGRATE,
    about: "release on another core against drain",
    fewest: 2,
    slots: |cores| cores,
    set_up: |_| {
        GIVEN.store(0, Ordering::Relaxed);
        ENDED.store(false, Ordering::Relaxed);
    },
    work: |run| match run.core {
        0 => {
            take(run);
            run.wait_and_poison();
        }
        1 => {
            (1..=TRIES).for_each(|count| give(run, count));
            ENDED.store(true, Ordering::Release);
            take(run); // what nobody has taken so far
        }
        _ => {
            while !ENDED.load(Ordering::Acquire) {
                take(run);
                scheduler::pause();
            }
        }
    },
    check: |run| run.is_run_down(),
};

fn give(run: &Run, count: usize) {
    let Ok(guard) = run.object.try_acquire_n(count) else {
        return note!("was refused");
    };
    note!("was granted holds and gives them away");
    GRANTED.fetch_add(count as u64, Ordering::Relaxed);
    run.look();
    GIVEN.fetch_add(guard.leak(), Ordering::AcqRel);
}

fn take(run: &Run) {
    let count = GIVEN.swap(0, Ordering::AcqRel);
    if count > 0 {
        // SAFETY: core 1 has leaked so many and has told nobody else of them.
        let guard = unsafe { RundownGuard::adopt(run.object, count) };
        note!("has taken holds over");
        run.look();
        drop(guard);
        note!("has released what it took over");
        RELEASED.fetch_add(count as u64, Ordering::Relaxed);
    }
}
