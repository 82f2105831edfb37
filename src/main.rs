//! The demo: every core uses one run-down object on its own slot, until a drain.
//!
//! It plans its tests, runs them in the order below, and ends QEMU with the verdict.

#![no_std]
#![no_main]

extern crate alloc;

/// The demo's parts; each uses only those before it: counters, memory, object, shared, worker, rounds, report,
/// checks.
mod demo {
    pub mod checks;
    pub mod counters;
    #[cfg_attr(feature = "pooled", path = "pool.rs")]
    pub mod memory;
    pub mod object;
    pub mod report;
    pub mod rounds;
    pub mod shared;
    pub mod worker;
}

use demo::report::{self, Round};
use demo::{checks, rounds, shared};
use machine::smp::start;
use machine::testing::environment;
use machine::testing::ktap::Ktap;

machine::kernel!(main);

/// The demo as a table of contents.
fn main() -> ! {
    let mut ktap = Ktap::plan(12);
    environment::print();
    start::start_all(None); // each asleep until there is work
    ktap.test("every core is up under its own index", checks::every_core_is_up);
    ktap.test("a slot's line holds what the caches write at once", checks::lines_are_large_enough);

    let shared = shared::prepare(); // one object, a slot a core
    ktap.test("no two slots share a cache line", || rounds::slots_apart(shared));

    ktap.test("every core uses the object until one starts the drain", || rounds::run(shared));
    ktap.test("granted = released, on every core and in sum", || rounds::balance(shared));
    ktap.test("no holder ever saw the poison", || rounds::no_poison_seen(shared));
    ktap.test("every core is refused after the drain", || rounds::refuse(shared));
    let first = Round::note(shared);

    ktap.test("a guard taken on one core is dropped on another", checks::guard_migrates);
    ktap.test("counts of n come back in any parts", checks::counts_of_n);
    ktap.test("two waiters at once return after the last release", checks::two_waiters);
    ktap.test("waiting on a run-down object returns at once", checks::wait_returns_at_once);
    ktap.test("re-initialised, it serves a whole second round", || rounds::again(shared));
    let second = Round::note(shared);

    report::print(shared, &[first, second]);
    ktap.finish()
}
