//! The short tests: guards that migrate, counts, waiters. Each on its own object.

use crate::demo::memory::Object;
use crate::demo::object::{self, Guard};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use machine::arch::{cache, cpu, time};
use machine::board::device_tree;
use machine::smp::{cores, jobs, park};
use machine::testing::ktap::{self, equal, holds};
use rundown::{CACHE_LINE, Rundown, RundownGuard};
use spin::Mutex;

/// How long one of these may wait for another core.
const DEADLINE_MS: u64 = 10_000;

/// Makes an object that lives for ever, so that guards can travel in statics.
fn object() -> &'static Object {
    Box::leak(Box::new(object::object(cores::count())))
}

/// Checks that the cores of the device tree run, each with its own index, affinity and MMU.
pub fn every_core_is_up() -> ktap::Result {
    let expected = device_tree::machine().core_count;
    equal("cores that are up", cores::count(), expected)?;
    let seen: Vec<AtomicU64> = (0..expected).map(|_| AtomicU64::new(u64::MAX)).collect();
    let ready = AtomicUsize::new(0);
    jobs::run(&|core| {
        seen[core].store(cpu::affinity(), Ordering::Relaxed);
        let on = cpu::memory_is_cached() && cores::this_index() == core;
        ready.fetch_add(usize::from(on), Ordering::Relaxed);
    });
    equal("cores with MMU and caches on", ready.into_inner(), expected)?;
    let mut affinities: Vec<u64> = seen.into_iter().map(AtomicU64::into_inner).collect();
    affinities.sort_unstable();
    affinities.dedup();
    equal("different affinities", affinities.len(), expected)
}

/// Checks that slots are as far apart as this hardware wants.
pub fn lines_are_large_enough() -> ktap::Result {
    let (apart, granule) = (cores::slots_apart() * CACHE_LINE, cache::granule());
    holds(format!("{apart} bytes hold the {granule} that CTR_EL0 reports"), granule <= apart)
}

/// Checks that a guard of core 0 can be dropped on the last core: the drain ends then, not before.
pub fn guard_migrates() -> ktap::Result {
    let object = object();
    let other = cores::count() - 1;
    let parcel = Mutex::new(Some(object.try_acquire().map_err(|error| format!("{error}"))?));
    holds("not run down while the guard lives", !object.begin_run_down())?;
    equal("holds left", object.outstanding(), Some(1))?;
    let dropped_on = AtomicUsize::new(usize::MAX);
    jobs::run_on(&|core| core == other, &|core| {
        drop(parcel.lock().take());
        dropped_on.store(core, Ordering::Relaxed);
    });
    equal("the core that has dropped it", dropped_on.into_inner(), other)?;
    holds(format!("run down after core {other} has dropped it"), object.is_run_down())
}

/// Checks that every core can take counts of n and release them in parts of other sizes.
pub fn counts_of_n() -> ktap::Result {
    let object = object();
    let granted = AtomicUsize::new(0);
    jobs::run(&|core| {
        for count in 1..=100 {
            let Ok(mut guard) = object.try_acquire_n(count + core) else { continue };
            granted.fetch_add(guard.count(), Ordering::Relaxed);
            let part = guard.split(count / 3);
            let leaked = guard.leak();
            drop(part);
            for _ in 0..leaked {
                // SAFETY: `leak` just gave us this many holds, and each is adopted once.
                drop(unsafe { RundownGuard::adopt(object, 1) });
            }
        }
    });
    let expected: usize = (0..cores::count()).map(|core| 100 * core + 5050).sum();
    equal("holds granted", granted.into_inner(), expected)?;
    let three = object.try_acquire_n(3).map_err(|error| format!("{error}"))?;
    holds("a count of 0 tells that the object is live", object.try_acquire_n(0).is_ok())?;
    holds("not run down with 3 holds", !object.begin_run_down())?;
    equal("holds left", object.outstanding(), Some(3))?;
    drop(three);
    holds("run down after all parts came back", object.is_run_down())
}

/// The hold of [`two_waiters`], and what is known of it. Statics, as an interrupt releases it.
static HELD: Mutex<Option<Guard>> = Mutex::new(None);
static RELEASED: AtomicBool = AtomicBool::new(false);

fn release_held() {
    RELEASED.store(true, Ordering::Relaxed);
    drop(HELD.try_lock().and_then(|mut held| held.take()));
}

/// Checks that two who wait at once both return, none before the last release.
///
/// The waiters are cores 1 and 2, and core 0 holds. On two cores both wait and an interrupt releases;
/// on one, that interrupt waits too, in vain, before it releases.
pub fn two_waiters() -> ktap::Result {
    let object = object();
    *HELD.lock() = Some(object.try_acquire().map_err(|error| format!("{error}"))?);
    RELEASED.store(false, Ordering::Relaxed);
    let waiters = AtomicUsize::new(0);
    let returned_early = AtomicUsize::new(0);
    let held_by_then = AtomicBool::new(true);
    let wait = || {
        object.begin_run_down();
        waiters.fetch_add(1, Ordering::Relaxed);
        park::wake((&raw const waiters).cast());
        object.wait();
        returned_early.fetch_add(usize::from(!RELEASED.load(Ordering::Relaxed)), Ordering::Relaxed);
    };
    let soon = || time::now() + time::frequency() / 500;
    match cores::count() {
        1 => {
            cores::this().timer.call_at(soon(), || {
                let object = HELD.try_lock().and_then(|held| held.as_ref().map(Guard::object));
                let in_vain = object.map(|object| object.wait_until(time::now()));
                let left = in_vain.map(|late| late.map_err(|late| late.outstanding));
                assert_eq!(left, Some(Err(Some(1))));
                release_held();
            });
            waiters.fetch_add(1, Ordering::Relaxed); // the interrupt
            wait();
        }
        2 => {
            cores::this().timer.call_at(soon(), release_held);
            jobs::run(&|_| wait());
        }
        _ => in_phase(object, 3, &|core| {
            if core > 0 {
                return wait();
            }
            let both = || waiters.load(Ordering::Relaxed) == 2;
            let deadline = time::after_ms(DEADLINE_MS);
            if !park::wait((&raw const waiters).cast(), both, deadline) {
                // Let them go all the same; the count below then tells.
                waiters.store(0, Ordering::Relaxed);
            }
            held_by_then.store(object.outstanding() == Some(1), Ordering::Relaxed);
            release_held();
        }),
    }
    holds("one hold was left", held_by_then.into_inner())?;
    equal("waiters", waiters.into_inner(), 2)?;
    equal("waiters that returned before the last release", returned_early.into_inner(), 0)?;
    holds("run down", object.is_run_down())
}

/// The number of that phase; those of the rounds come before it.
const WAITERS: u16 = 100;

/// Runs `work(index)` on the first `count` cores, in a phase that cachescope may schedule.
fn in_phase(object: &'static Object, count: usize, work: &(dyn Fn(usize) + Sync)) {
    let start = ptr::from_ref(object).cast::<u8>();
    cachescope_guest::watch("object", start..start.wrapping_add(size_of_val(object)), CACHE_LINE);
    cachescope_guest::name(WAITERS, "two waiters");
    cachescope_guest::cold();
    jobs::run_on(&|core| core < count, &|core| {
        cachescope_guest::phase(WAITERS, count);
        work(core);
        cachescope_guest::end();
    });
}

/// Checks that waiting on a run-down object returns at once, as often as one likes, also without time.
pub fn wait_returns_at_once() -> ktap::Result {
    let object = object();
    object.wait();
    let sleeps = AtomicUsize::new(0);
    jobs::run(&|_| {
        let no_time = object.wait_until(0); // the deadline has passed long ago
        sleeps.fetch_add(usize::from(no_time.is_err()), Ordering::Relaxed);
        object.wait();
    });
    equal("waits that would have slept", sleeps.into_inner(), 0)?;
    object.completed().map_err(|error| format!("{error}"))
}
