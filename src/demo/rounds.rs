//! A round: every core uses one object as hard as it can, until it is run down.
//!
//! Nothing here is asserted while it runs. Every core counts what it did in its own cache line, and
//! the counts are checked afterwards.

use crate::demo::counters::Counts;
use crate::demo::memory::{shared_lines, slot_words};
use crate::demo::object::{slot_address, slot_lines};
use crate::demo::shared::Shared;
use crate::demo::worker::Worker;
use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;
use core::ptr;
use machine::arch::cache;
use machine::smp::jobs;
use machine::testing::ktap::{self, equal, holds};
use rundown::{CACHE_LINE, CacheLine, Rundown};

/// Tries to acquire, a core, after the drain.
const REFUSALS: u64 = 1_000;

/// Runs a round: all cores at once, core 0 starts the drain when each has done its pairs.
pub fn run(shared: &'static Shared) -> ktap::Result {
    let number = shared.next_round();
    tell_the_plugin(shared, number);
    jobs::run(&|core| Worker::work(shared, core));
    ran(shared)
}

/// Checks that every core did its pairs, and that the drain has ended.
pub fn ran(shared: &Shared) -> ktap::Result {
    let pairs = shared.pairs;
    for (core, counts) in shared.counts().iter().enumerate() {
        holds(
            format!("core {core} did {} pairs, at least {pairs}", counts.granted),
            counts.granted >= pairs,
        )?;
    }
    holds("the object is run down", shared.object.is_run_down())
}

/// Has cachescope, if it is there, count what the next round does to the object.
fn tell_the_plugin(shared: &Shared, number: u16) {
    let object = &*shared.object;
    cachescope_guest::watch("shared", shared_lines(object), 0);
    let (lines, stride) = slot_lines(object, shared.counters.len());
    cachescope_guest::watch("slot", lines, stride);
    let [pairs, drain] = shared.phases();
    cachescope_guest::name(pairs, &format!("pairs {number}"));
    cachescope_guest::name(drain, &format!("drain {number}"));
    cachescope_guest::cold();
}

/// Has every core try again: all are refused, and not one slot changes.
pub fn refuse(shared: &'static Shared) -> ktap::Result {
    let before: Vec<usize> = slot_words(&shared.object).collect();
    jobs::run(&|core| {
        let refused = (0..REFUSALS).filter(|_| shared.object.try_acquire().is_err()).count();
        let mut counts = shared.counters[core].0.read();
        counts.refused += refused as u64;
        shared.counters[core].0.write(&counts);
    });
    for (core, counts) in shared.counts().iter().enumerate() {
        equal(format!("core {core}, refused"), counts.refused, REFUSALS + 1)?;
    }
    holds("no refused acquire has written to a slot", slot_words(&shared.object).eq(before))
}

/// Checks that what was granted was released, to the last one.
pub fn balance(shared: &Shared) -> ktap::Result {
    let all = shared.counts();
    for (core, counts) in all.iter().enumerate() {
        equal(
            format!("core {core}, released = granted - given + received"),
            counts.released,
            counts.granted - counts.given + counts.received,
        )?;
        let next = &all[(core + 1) % all.len()];
        equal(format!("core {core}, given = received by the next"), counts.given, next.received)?;
    }
    let sum = |part: fn(&Counts) -> u64| all.iter().map(part).sum::<u64>();
    equal("in sum, released = granted", sum(|c| c.released), sum(|c| c.granted))
}

/// Checks that the protected object was alive whenever a holder looked.
pub fn no_poison_seen(shared: &Shared) -> ktap::Result {
    for (core, counts) in shared.counts().iter().enumerate() {
        equal(format!("core {core}, looks that saw the poison"), counts.poison_seen, 0)?;
    }
    holds("the owner has poisoned the object", !shared.canary.is_alive())
}

/// Makes the object and its canary live again, and runs and checks a whole round.
pub fn again(shared: &'static Shared) -> ktap::Result {
    shared.canary.revive();
    shared.counters.iter().for_each(|CacheLine(counters)| counters.write(&Counts::default()));
    shared.object.reinitialize().map_err(|error| format!("{error}"))?;
    holds("a second re-initialisation is refused", shared.object.reinitialize().is_err())?;
    run(shared)?;
    refuse(shared)?;
    balance(shared)?;
    no_poison_seen(shared)
}

/// Checks that each slot has cache lines of its own.
pub fn slots_apart(shared: &Shared) -> ktap::Result {
    let object = &*shared.object;
    let line = cache::granule().max(CACHE_LINE);
    let number = |address: *const ()| address.addr() / line;
    let slots = (0..shared.counters.len()).map(|core| number(slot_address(object, core)));
    let Range { start, end } = shared_lines(object);
    let [first, last] = [start, end.wrapping_sub(1)].map(|line| number(line.cast()));
    let mut lines: Vec<usize> = slots.chain(first..=last).collect();
    let count = lines.len();
    lines.sort_unstable();
    lines.dedup();
    equal("different lines", lines.len(), count)?;
    let end = ptr::from_ref(object).addr() + size_of_val(object);
    holds("all lines end in the object", lines.iter().all(|number| (number + 1) * line <= end))
}
