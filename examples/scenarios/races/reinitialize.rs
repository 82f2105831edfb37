//! Re-initialise against acquire, and against another run-down.
//!
//! Core 0 runs the object down and makes it live again, while others use it and the last core starts and
//! awaits run-downs of its own.

use crate::names;
use crate::races::run::{CANARY, Scenario};
use crate::schedule::note;
use rundown::Rundown;

/// How often core 0 makes the object live again.
const ROUNDS: usize = 4;
/// How often each other core tries.
const TRIES: usize = 6;

pub const SCENARIO: Scenario = Scenario {
    name: names::REINITIALIZE,
    about: "re-initialise against acquire and against another run-down",
    fewest: 2,
    slots: |cores| cores,
    set_up: |_| (),
    work: |run| {
        let last = run.core == run.cores - 1;
        match run.core {
            0 => {
                for _ in 0..ROUNDS {
                    run.wait_and_poison();
                    CANARY.revive();
                    match run.object.reinitialize() {
                        Ok(()) => note!("has made the object live again"),
                        Err(error) => run.fail(format_args!("after a wait: {error}")),
                    }
                }
            }
            _ if last => {
                for _ in 0..TRIES {
                    if run.cores == 2 {
                        run.use_once(); // nobody else does
                    }
                    run.object.begin_run_down();
                    note!("has started a run-down");
                    run.wait();
                }
            }
            _ => (0..TRIES).for_each(|_| _ = run.use_once()),
        }
    },
    check: |run| {
        run.object.begin_run_down();
        run.is_run_down()
    },
};
