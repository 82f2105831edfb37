//! A pool of run-down objects, on every core: a thousand of them, used, drained, given back and taken again.
//!
//! ```sh
//! cargo run --release --example pool
//! QEMU_SMP=64 cargo run --release --example pool
//! ```
//!
//! Each object stands in a [`Place`](worker::Place), beside the canary that it protects. Every core acquires objects at random,
//! and has a few places of its own: there it drains the object, poisons the canary, gives the object back and takes
//! another one. Before that, each drains an object that another core holds. The lock of a place keeps the handle where it is while somebody looks at it, and no more: drains
//! and acquires meet in the object.

#![no_std]
#![no_main]

extern crate alloc;

mod worker;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Display;
use core::sync::atomic::AtomicUsize;
use machine::smp::{cores, jobs, start};
use machine::testing::canary::Canary;
use machine::testing::ktap::{self, Ktap, equal, holds};
use machine::testing::{environment, measure};
use rundown::{CACHE_LINE, CacheLine, InitError, POOL_ALIGNMENT, Rundown};
use spin::{Mutex, RwLock};
use worker::{Counts, OBJECTS, Place, Pool, Worker, drains_of_each};

machine::kernel!(main);

fn main() -> ! {
    let mut ktap = Ktap::plan(9);
    environment::print();
    start::start_all(None);
    let pool = Pool::new(cores::count()).unwrap_or_else(|error| panic!("{error}"));
    let mut places = Vec::new();
    ktap.test("a thousand objects come from a pool, each with words of its own", || {
        places = taken(&pool)?;
        each_has_its_own(&places)
    });
    let capacity = pool.capacity();
    ktap.test("no two cores write to one line, whichever objects they use", || apart(&places));
    ktap.test("a drain refuses on every core, and leaves the neighbours alone", || {
        every_second(&places)
    });

    let counts: Vec<CacheLine<Mutex<Counts>>> =
        (0..cores::count()).map(|_| CacheLine::default()).collect();
    ktap.test("every core uses them at random, drains its own, gives back and takes again", || {
        let here = AtomicUsize::new(0);
        jobs::run(&|core| {
            *counts[core].0.lock() = Worker::work(&pool, &places, &here, core);
        });
        on_each(&counts, "drains", |core| core.drains, |_| drains_of_each())
    });
    let sum =
        |part: fn(&Counts) -> usize| counts.iter().map(|one| part(&one.0.lock())).sum::<usize>();
    ktap.test("granted = released, on every core", || {
        on_each(&counts, "released", |core| core.released, |core| core.granted)
    });
    ktap.test("no holder ever saw the poison", || {
        on_each(&counts, "looks that saw it", |core| core.poison_seen, |_| 0)
    });
    ktap.test("an object grants nothing once it is drained, and at once when it is taken", || {
        on_each(&counts, "granted late", |core| core.granted_late, |_| 0)?;
        on_each(&counts, "refused early", |core| core.refused_early, |_| 0)
    });
    ktap.test("drains wait for holders, and objects are used again", || {
        let (taken, most) = (OBJECTS + sum(|c| c.drains), pool.capacity());
        holds(format!("{taken} were taken of {most}"), taken > 2 * most)?;
        // Each core's first one did: see `Worker::meet`.
        on_each(&counts, "whether a drain found a holder", |c| usize::from(c.waits > 0), |_| 1)
    });
    let after = pool.capacity();
    ktap.test(
        "given back, a thousand are there again, and a fixed pool has as many as asked",
        || {
            drop(core::mem::take(&mut places));
            let again = taken(&pool)?;
            equal("objects of the pool", pool.capacity(), after)?;
            each_has_its_own(&again)?;
            in_given_memory()
        },
    );
    let fields: [(&str, &dyn Display); 6] = [
        ("objects", &OBJECTS),
        ("capacity", &capacity),
        ("bytes", &pool.bytes()),
        ("granted", &sum(|c| c.granted)),
        ("refused", &sum(|c| c.refused)),
        ("waits", &sum(|c| c.waits)),
    ];
    measure::print("pool", &fields);
    ktap.finish()
}

fn said(error: InitError) -> String {
    format!("{error}")
}

/// Takes objects that are new, or were given back.
fn taken<'p>(pool: &'p Pool<'_>) -> Result<Vec<Place<'p>>, String> {
    let place = |_| {
        let object = RwLock::new(pool.take().map_err(said)?);
        Ok(Place { object, canary: Canary::new() })
    };
    (0..OBJECTS).map(place).collect()
}

/// Checks that every object is live and has words that no other has.
fn each_has_its_own(places: &[Place<'_>]) -> ktap::Result {
    let mut words = BTreeSet::new();
    for (number, place) in places.iter().enumerate() {
        let object = place.object.read();
        equal(format!("slots of object {number}"), object.slot_count(), cores::count())?;
        holds(format!("object {number} is live"), object.try_acquire().is_ok())?;
        for core in 0..object.slot_count() {
            let own = words.insert(object.slot_address(core).addr());
            holds(format!("core {core} has a word for object {number}"), own)?;
        }
    }
    Ok(())
}

/// Checks that a line is written by one core only.
fn apart(places: &[Place<'_>]) -> ktap::Result {
    let mut writers = BTreeMap::new();
    for place in places {
        let object = place.object.read();
        for core in 0..object.slot_count() {
            let line = object.slot_address(core).addr() / CACHE_LINE;
            equal(format!("writer of line {line:#x}"), *writers.entry(line).or_insert(core), core)?;
        }
    }
    Ok(())
}

/// Runs every second object down, has every core try all of them, and makes them live again.
fn every_second(places: &[Place<'_>]) -> ktap::Result {
    let second = || places.iter().step_by(2).map(|place| place.object.read());
    for object in second() {
        holds("an idle object is run down at once", object.begin_run_down())?;
    }
    let wrong: Vec<_> = (0..cores::count()).map(|_| CacheLine(Mutex::new(0))).collect();
    jobs::run(&|core| {
        let is_wrong = |(number, place): &(usize, &Place<'_>)| {
            place.object.read().try_acquire().is_ok() != (number % 2 == 1)
        };
        *wrong[core].0.lock() = places.iter().enumerate().filter(is_wrong).count();
    });
    for (core, CacheLine(wrong)) in wrong.iter().enumerate() {
        equal(format!("core {core}, wrong answers"), *wrong.lock(), 0)?;
    }
    second().try_for_each(|object| object.reinitialize().map_err(|error| format!("{error}")))
}

/// Checks a count of each core.
fn on_each(
    counts: &[CacheLine<Mutex<Counts>>],
    what: &str,
    seen: fn(&Counts) -> usize,
    wanted: fn(&Counts) -> usize,
) -> ktap::Result {
    counts.iter().enumerate().try_for_each(|(core, CacheLine(counts))| {
        let counts = counts.lock();
        equal(format!("core {core}, {what}"), seen(&counts), wanted(&counts))
    })
}

/// Checks that a pool in a buffer gives out as many objects as were asked for, and one that comes back.
fn in_given_memory() -> ktap::Result {
    let (slots, objects) = (cores::count(), 50);
    let bytes = Pool::layout(slots, objects).map_err(said)?.size() + POOL_ALIGNMENT;
    let mut memory: Vec<u8> = Vec::with_capacity(bytes);
    let memory = memory.spare_capacity_mut();
    let start = memory.as_ptr().align_offset(POOL_ALIGNMENT);
    let pool = Pool::init_in(&mut memory[start..], slots, objects).map_err(said)?;
    let full = || match pool.take() {
        Err(InitError::PoolIsFull) => Ok(()),
        other => Err(format!("of a pool that is full: {other:?}")),
    };
    let mut all = Vec::new();
    for _ in 0..objects {
        all.push(pool.take().map_err(said)?);
    }
    full()?;
    all.pop();
    all.push(pool.take().map_err(said)?);
    full()
}
