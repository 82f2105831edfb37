//! A racy plain counter, wrong on purpose: the explorer must find its lost updates.

use super::Scenario;
use crate::ktap::equal;
use crate::preempt;
use core::sync::atomic::{AtomicU64, Ordering};

/// How often each core adds one.
const TIMES: u64 = 4;

static COUNTER: AtomicU64 = AtomicU64::new(0);

pub const SCENARIO: Scenario = Scenario {
    name: "counter",
    about: "a plain counter without a lock, wrong on purpose",
    fewest: 2,
    slots: |cores| cores,
    set_up: |_| COUNTER.store(0, Ordering::Relaxed),
    work: |_| {
        for _ in 0..TIMES {
            // A load and a store, no read-modify-write: what `counter += 1` does.
            let seen = COUNTER.load(Ordering::Relaxed);
            COUNTER.store(seen + 1, Ordering::Relaxed);
            preempt::note(&"has added one");
        }
    },
    check: |run| equal("the counter", COUNTER.load(Ordering::Relaxed), TIMES * run.cores as u64),
};
