//! The last release against free: the owner frees the memory as soon as it may.
//!
//! Several objects, one after the other. The owner polls: one that sleeps would be woken by the last
//! release itself, when that is nearly done with the object, and would hardly ever come too early.

use crate::names;
use crate::races::page::{self, PAGES};
use crate::races::run::{GRANTED, RELEASED, Scenario};
use crate::schedule::{note, scheduler};
use core::sync::atomic::Ordering;
use machine::testing::ktap::{equal, holds};
use rundown::{Rundown, RundownGuard};

pub const SCENARIO: Scenario = Scenario {
    name: names::FREE,
    about: "the last release against free",
    fewest: 2,
    slots: |cores| cores,
    set_up: |run| {
        for number in 0..PAGES {
            let object = page::renew(number, run.cores);
            let holds = object.try_acquire_n(run.cores - 1).map(|guard| guard.leak());
            GRANTED.fetch_add(holds.unwrap_or(0) as u64, Ordering::Relaxed);
        }
    },
    work: |run| {
        for number in 0..PAGES {
            let object = page::object(number, run.cores);
            if run.core == 0 {
                object.begin_run_down();
                while !object.is_run_down() {
                    scheduler::pause_by_priority();
                }
                // SAFETY: the run-down is complete.
                unsafe { page::free(number) };
                note!("has freed the object");
            } else {
                // SAFETY: `set_up` has leaked a hold for each of these cores.
                let guard = unsafe { RundownGuard::adopt(object, 1) };
                run.look();
                RELEASED.fetch_add(1, Ordering::Relaxed);
                drop(guard);
                note!("has released its hold");
            }
        }
    },
    check: |_| {
        let untouched = (0..PAGES).all(page::is_untouched);
        holds("nobody has written to an object after it was freed", untouched)?;
        let granted = GRANTED.load(Ordering::Relaxed);
        equal("holds released", RELEASED.load(Ordering::Relaxed), granted)
    },
};
