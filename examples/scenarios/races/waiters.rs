//! Two waiters: both start the run-down, both return, none before the last release.

use crate::names;
use crate::races::run::{GRANTED, RELEASED, Run, Scenario};
use crate::schedule::note;
use core::sync::atomic::Ordering;
use machine::testing::ktap::equal;
use rundown::{Rundown, RundownGuard};

pub const SCENARIO: Scenario = Scenario {
    name: names::WAITERS,
    about: "two waiters, and the last release",
    fewest: 2,
    slots: |cores| cores,
    set_up: |run| {
        let hold = run.object.try_acquire().map(|guard| guard.leak());
        GRANTED.store(hold.unwrap_or(0) as u64, Ordering::Relaxed);
    },
    work: |run| match (run.core, run.cores) {
        (0, _) => wait(run),
        (1, 2) => {
            release(run);
            wait(run);
        }
        (1, _) => wait(run),
        (2, _) => release(run),
        _ => (0..3).for_each(|_| _ = run.use_once()),
    },
    check: |run| {
        equal("holds taken before", GRANTED.load(Ordering::Relaxed) > 0, true)?;
        run.is_run_down()
    },
};

fn wait(run: &Run) {
    if run.wait() && RELEASED.load(Ordering::Relaxed) == 0 {
        run.fail(format_args!("core {}'s wait has returned before the release", run.core));
    }
}

/// Releases the hold that was there from the start, after a try to re-initialise under it.
fn release(run: &Run) {
    if run.object.reinitialize().is_ok() {
        run.fail(format_args!("core {} has re-initialised an object that it holds", run.core));
    }
    // SAFETY: `set_up` has leaked this one hold.
    let guard = unsafe { RundownGuard::adopt(run.object, 1) };
    RELEASED.fetch_add(1, Ordering::Relaxed);
    drop(guard);
    note!("has released the hold");
}
