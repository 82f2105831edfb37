//! The demo: every core on its own slot of one run-down object, a drain in the middle, the verdict.

#![no_std]
#![no_main]

use machine::ktap::Ktap;
use machine::report::{self, Round};
use machine::{checks, cores, rounds};

machine::kernel!(main);

/// The boot as a table of contents.
fn main() -> ! {
    let mut ktap = Ktap::plan(12);
    report::machine();
    cores::start_all(None); // each asleep until there is work
    ktap.test("every core is up under its own index", checks::every_core_is_up);
    ktap.test("a slot's line holds what the caches write at once", checks::lines_are_large_enough);

    let shared = rounds::prepare(); // one object, a slot a core
    ktap.test("no two slots share a cache line", || shared.slots_apart());

    ktap.test("every core uses the object until one starts the drain", || shared.run());
    ktap.test("granted = released, on every core and in sum", || shared.balance());
    ktap.test("no holder ever saw the poison", || shared.no_poison_seen());
    ktap.test("every core is refused after the drain", || shared.refuse());
    let first = Round::note(shared);

    ktap.test("a guard taken on one core is dropped on another", checks::guard_migrates);
    ktap.test("counts of n come back in any parts", checks::counts_of_n);
    ktap.test("two waiters at once return after the last release", checks::two_waiters);
    ktap.test("waiting on a run-down object returns at once", checks::wait_returns_at_once);
    ktap.test("re-initialised, it serves a whole second round", || shared.again());
    let second = Round::note(shared);

    report::table(shared, &[first, second]);
    ktap.finish()
}
