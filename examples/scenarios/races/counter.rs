//! A racy plain counter, wrong on purpose: the explorer must find its lost updates.

use crate::names;
use crate::races::run::Scenario;
use crate::schedule::{note, plugin};
use core::sync::atomic::{AtomicU64, Ordering};
use machine::testing::ktap::equal;
use rundown::CacheLine;

/// How often each core adds one.
const TIMES: u64 = 4;

/// On a line of its own: the plugin watches whole lines.
static COUNTER: CacheLine<AtomicU64> = CacheLine(AtomicU64::new(0));

pub const SCENARIO: Scenario = Scenario {
    name: names::COUNTER,
    about: "a plain counter without a lock, wrong on purpose",
    fewest: 2,
    slots: |cores| cores,
    set_up: |_| {
        COUNTER.0.store(0, Ordering::Relaxed);
        if plugin::chooses() {
            let word = &raw const COUNTER.0;
            cachescope_guest::watch("counter", word..word.wrapping_add(1), 0);
        }
    },
    work: |_| {
        for _ in 0..TIMES {
            // A load and a store, no read-modify-write: what `counter += 1` does.
            let seen = COUNTER.0.load(Ordering::Relaxed);
            COUNTER.0.store(seen + 1, Ordering::Relaxed);
            note!("has added one");
        }
    },
    check: |run| equal("the counter", COUNTER.0.load(Ordering::Relaxed), TIMES * run.cores as u64),
};
