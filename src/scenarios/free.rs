//! The last release against free: the owner frees the object's memory as soon as it may.
//!
//! The owner polls. One that sleeps would be woken by the last release itself, when that is nearly
//! done with the object, and would hardly ever come too early.

use super::{GRANTED, RELEASED, Scenario, place};
use crate::ktap::{equal, holds};
use crate::preempt;
use core::sync::atomic::Ordering;
use rundown::{Rundown, RundownGuard};

pub const SCENARIO: Scenario = Scenario {
    name: "free",
    about: "the last release against free",
    fewest: 2,
    slots: |cores| cores,
    set_up: |run| {
        let holds = run.object.try_acquire_n(run.cores - 1).map(|guard| guard.leak());
        GRANTED.store(holds.unwrap_or(0) as u64, Ordering::Relaxed);
    },
    work: |run| match run.core {
        0 => {
            run.object.begin_run_down();
            while !run.object.is_run_down() {}
            // SAFETY: the run-down is complete.
            unsafe { place::free() };
            preempt::note(&"has freed the object");
        }
        _ => {
            // SAFETY: `set_up` has leaked a hold for each of these cores.
            let guard = unsafe { RundownGuard::adopt(run.object, 1) };
            run.look();
            RELEASED.fetch_add(1, Ordering::Relaxed);
            drop(guard);
            preempt::note(&"has released its hold");
        }
    },
    check: |_| {
        holds("nobody has written to the object after it was freed", place::is_untouched())?;
        let granted = GRANTED.load(Ordering::Relaxed);
        equal("holds released", RELEASED.load(Ordering::Relaxed), granted)
    },
};
