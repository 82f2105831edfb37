//! Resurrect against the last release: several cores take back one run-down.

use crate::names;
use crate::races::run::{GRANTED, RELEASED, Run, Scenario};
use crate::schedule::note;
use core::sync::atomic::{AtomicU64, Ordering};
use machine::testing::ktap::holds;
use rundown::{Rundown, RundownGuard};

/// How often each core tries to take the run-down back.
const TRIES: usize = 3;

/// How many have been told that it was them.
static TAKEN_BACK: AtomicU64 = AtomicU64::new(0);

pub const SCENARIO: Scenario = Scenario {
    name: names::RESURRECT,
    about: "several cores take a run-down back, against the release of what is left",
    fewest: 2,
    slots: |cores| cores,
    set_up: |run| {
        TAKEN_BACK.store(0, Ordering::Relaxed);
        let hold = run.object.try_acquire().map(|guard| guard.leak());
        GRANTED.store(hold.unwrap_or(0) as u64, Ordering::Relaxed);
    },
    work: |run| {
        match run.core {
            0 => {
                run.object.begin_run_down();
                note!("has started the run-down");
            }
            1 => release(run),
            _ => _ = run.use_once(),
        }
        (0..TRIES).for_each(|_| take_back(run));
        run.use_once();
    },
    check: |run| {
        let times = TAKEN_BACK.load(Ordering::Relaxed);
        holds(
            format_args!("one run-down is taken back at most once, not {times} times"),
            times < 2,
        )?;
        run.object.begin_run_down();
        run.is_run_down()
    },
};

fn take_back(run: &Run) {
    if run.object.resurrect().is_ok() {
        TAKEN_BACK.fetch_add(1, Ordering::Relaxed);
        note!("has taken the run-down back");
    }
}

/// Releases the hold that was there from the start.
fn release(run: &Run) {
    // SAFETY: `set_up` has leaked this one hold.
    let guard = unsafe { RundownGuard::adopt(run.object, 1) };
    RELEASED.fetch_add(1, Ordering::Relaxed);
    drop(guard);
    note!("has released the hold");
}
