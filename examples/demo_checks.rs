//! The demo's own checks: each notices what it is there for.
//!
//! After a round all of them pass. Then something is made wrong, as a broken object or a broken core would,
//! and the check must say so. What is wrong is as small as it can be: one, in one of the last places looked at.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::boxed::Box;
use alloc::string::String;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};
use demo::counters::Counts;
use demo::memory;
use demo::object::slot_address;
use demo::shared::{self, Shared};
use demo::{checks, rounds};
use machine::arch::{cache, time};
use machine::smp::{cores, start};
use machine::testing::environment;
use machine::testing::ktap::{self, Ktap, equal, holds};
use rundown::Rundown;

#[path = "../src/demo"]
#[expect(dead_code, reason = "the demo itself uses the rest")]
mod demo {
    pub mod checks;
    pub mod counters;
    #[cfg_attr(feature = "pooled", path = "pool.rs")]
    pub mod memory;
    pub mod object;
    pub mod rounds;
    pub mod shared;
    pub mod worker;
}

machine::kernel!(main);

fn main() -> ! {
    let mut ktap = Ktap::plan(10);
    environment::print();
    let before = (cores::count(), checks::every_core_is_up());
    start::start_all(None);
    let shared = shared::prepare();
    ktap.test("after a round every check passes", || {
        let before = time::now();
        rounds::run(shared)?;
        let took = time::now() - before;
        let drain = shared.drain().ticks;
        holds(format_args!("the drain took {drain} ticks of {took}"), (2..took).contains(&drain))?;
        let moved = shared.counts().iter().map(|counts| counts.received).sum::<u64>();
        // Not only those that wait for a core when its work ends, one each.
        let some = if cores::count() == 1 { 0 } else { cores::count() as u64 + 1 };
        holds(format_args!("{moved} guards have changed cores, at least {some}"), moved >= some)?;
        all(shared)
    });
    ktap.test("a core that did too few pairs is noticed", || pairs(shared));
    ktap.test("a hold that was not released is noticed, on every core", || balance(shared));
    ktap.test("poison that was seen is noticed, and poison that is missing", || poison(shared));
    ktap.test("a refused acquire that writes to a slot is noticed", || written(shared));
    ktap.test("an acquire that is granted after the drain is noticed", || granted(shared));
    ktap.test("slots that share a line are noticed", slots_apart);
    ktap.test("what is held is looked at, each time that it is used", || looks(shared));
    ktap.test("a core that is not up is noticed", || match before {
        (up, result) if up < cores::count() => notices("not all cores are up", result),
        (_, result) => result,
    });
    ktap.test(
        "without what was made wrong, every check passes again, also after another round",
        || {
            all(shared)?;
            shared.counters.iter().for_each(|counters| counters.0.write(&Counts::default()));
            rounds::again(shared)?;
            let pairs = |counts: &Counts| counts.granted >= shared.pairs && counts.refused > 1;
            holds("every core has worked and was refused again", shared.counts().iter().all(pairs))
        },
    );
    ktap.finish()
}

fn all(shared: &'static Shared) -> ktap::Result {
    rounds::ran(shared)?;
    rounds::slots_apart(shared)?;
    rounds::balance(shared)?;
    rounds::no_poison_seen(shared)?;
    refuse(shared)
}

/// Runs that check as after a round, when each core has been refused once.
fn refuse(shared: &'static Shared) -> ktap::Result {
    for core in 0..cores::count() {
        change(shared, core, |counts| counts.refused = 1);
    }
    rounds::refuse(shared)
}

fn change(shared: &Shared, core: usize, change: impl FnOnce(&mut Counts)) {
    let counters = &shared.counters[core].0;
    let mut counts = counters.read();
    change(&mut counts);
    counters.write(&counts);
}

fn notices(what: &str, check: ktap::Result) -> ktap::Result {
    holds(format_args!("it is noticed: {what}"), check.is_err())
}

/// Checks that a check fails while a core has counted something else, and what it says otherwise.
fn with(
    shared: &'static Shared,
    what: &str,
    core: usize,
    wrong: impl FnOnce(&mut Counts),
    check: fn(&Shared) -> ktap::Result,
) -> ktap::Result {
    let before = shared.counters[core].0.read();
    change(shared, core, wrong);
    let result = notices(what, check(shared));
    shared.counters[core].0.write(&before);
    result
}

fn pairs(shared: &'static Shared) -> ktap::Result {
    for core in 0..cores::count() {
        let few = |counts: &mut Counts| counts.granted = shared.pairs - 1;
        with(shared, "one pair less than planned", core, few, rounds::ran)?;
        let before = shared.counters[core].0.read();
        change(shared, core, few);
        let slowest = shared.slowest();
        shared.counters[core].0.write(&before);
        equal("the slowest core", slowest, (core, shared.pairs - 1))?;
    }
    Ok(())
}

fn balance(shared: &'static Shared) -> ktap::Result {
    let check = rounds::balance;
    for core in 0..cores::count() {
        with(shared, "one more granted", core, |counts| counts.granted += 1, check)?;
        with(shared, "one more released", core, |counts| counts.released += 1, check)?;
        with(shared, "one given that never came", core, |counts| counts.given += 1, check)?;
        with(shared, "one received that nobody gave", core, |counts| counts.received += 1, check)?;
        let lost = |counts: &mut Counts| {
            (counts.given, counts.released) = (counts.given + 1, counts.released - 1)
        };
        with(shared, "one lost on its way", core, lost, check)?;
        let made = |counts: &mut Counts| {
            (counts.received, counts.released) = (counts.received + 1, counts.released + 1)
        };
        with(shared, "one received and released that nobody gave", core, made, check)?;
    }
    // What one core has released too often, another has not: the sums are right.
    for core in 1..cores::count() {
        let before = shared.counters[core].0.read();
        change(shared, core, |counts| counts.released -= 1);
        let more = |counts: &mut Counts| counts.released += 1;
        let result = with(shared, "one released by another core", core - 1, more, check);
        shared.counters[core].0.write(&before);
        result?;
    }
    Ok(())
}

fn poison(shared: &'static Shared) -> ktap::Result {
    for core in 0..cores::count() {
        let seen = |counts: &mut Counts| counts.poison_seen = 1;
        with(shared, "one look that saw the poison", core, seen, rounds::no_poison_seen)?;
    }
    shared.canary.revive();
    let result = notices("the owner has not poisoned it", rounds::no_poison_seen(shared));
    shared.canary.poison();
    result
}

/// A round in which every look sees the poison.
fn looks(shared: &'static Shared) -> ktap::Result {
    // What a core does: so many bursts at least; in each a guard is kept, and every so many handed over.
    const BURSTS: u64 = 100;
    const HAND_OVER_EVERY: u64 = 64;
    shared.object.reinitialize().map_err(|error| alloc::format!("{error}"))?;
    rounds::run(shared)?;
    let burst = shared.pairs / BURSTS;
    for (core, counts) in shared.counts().iter().enumerate() {
        let Counts { granted, received, poison_seen, .. } = *counts;
        let (kept, rest) = (granted / burst, granted % burst);
        let handed_over = kept * ((burst - 1) / HAND_OVER_EVERY) + rest / HAND_OVER_EVERY;
        let handed_over = if cores::count() == 1 { 0 } else { handed_over };
        // When it is acquired, and before it is released, if that is not at once: not what is kept, but for the
        // last, nor what is handed over; what is received, and perhaps one that comes back.
        let looks = granted + (granted - kept - handed_over) + 1 + received;
        holds(
            format_args!("core {core} saw it {poison_seen} times, of {looks} or one more"),
            poison_seen == looks || poison_seen == looks + 1,
        )?;
        change(shared, core, |counts| counts.poison_seen = 0);
    }
    Ok(())
}

/// The slot that the timer's interrupt changes, again and again.
static VICTIM: AtomicUsize = AtomicUsize::new(0);
const NONE: usize = usize::MAX;

fn written(shared: &'static Shared) -> ktap::Result {
    fn write() {
        let slot = VICTIM.load(Ordering::Relaxed);
        if slot == NONE {
            return;
        }
        let word = slot_address(&shared::prepare().object, slot).cast::<usize>().cast_mut();
        // SAFETY: a slot is one atomic word, and lives as long as the object, which lives for ever.
        unsafe { AtomicUsize::from_ptr(word) }.fetch_add(2, Ordering::Relaxed);
        again();
    }
    fn again() {
        cores::this().timer.call_at(time::now() + time::frequency() / 50_000, write);
    }
    for slot in 0..cores::count() {
        let word = slot_address(&shared.object, slot).cast::<usize>().cast_mut();
        // SAFETY: as above.
        let word = unsafe { AtomicUsize::from_ptr(word) };
        let before = word.load(Ordering::Relaxed);
        VICTIM.store(slot, Ordering::Relaxed);
        again();
        let result = refuse(shared);
        VICTIM.store(NONE, Ordering::Relaxed);
        let writes = word.swap(before, Ordering::Relaxed).wrapping_sub(before);
        holds("the slot was written to", writes > 0)?;
        notices("a slot that has changed", result)?;
    }
    Ok(())
}

fn granted(shared: &'static Shared) -> ktap::Result {
    shared.object.reinitialize().map_err(|error| alloc::format!("{error}"))?;
    let result = notices("acquires that are granted", refuse(shared))
        .and_then(|()| notices("an object that is not run down", rounds::ran(shared)));
    shared.object.wait();
    result
}

/// Makes what the cores share, around an object with so many slots.
fn with_slots(slots: usize) -> Result<&'static Shared, String> {
    let mut shared = Shared::new(cores::count());
    shared.object = memory::object(slots).map_err(|error| alloc::format!("{error}"))?;
    Ok(Box::leak(Box::new(shared)))
}

fn slots_apart() -> ktap::Result {
    if cores::count() == 1 {
        return Ok(());
    }
    // With a slot less than there are cores, the last one uses that of the first.
    let last = cores::slot_of(cores::count() - 1);
    notices("two cores that share a slot", rounds::slots_apart(with_slots(last)?))?;
    // A pool's rows are longer than a granule.
    if cores::slots_apart() == 1 || cfg!(feature = "pooled") {
        return Ok(());
    }
    // The last one's granule is cut, if the object begins where a granule does.
    let begins =
        |shared: &&Shared| ptr::from_ref(&*shared.object).addr().is_multiple_of(cache::granule());
    let mut tries = (0..8).filter_map(|_| with_slots(last + 1).ok());
    let cut = tries.find(begins).ok_or("no object begins where a granule does")?;
    notices("a slot that shares its granule with what follows", rounds::slots_apart(cut))
}
