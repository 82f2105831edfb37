//! The short tests of the boot: guards that migrate, counts, waiters. Each on an object of its own.

use crate::ktap::{self, equal, holds};
use crate::rounds::{Guard, Object};
use crate::{cache, cores, jobs, park, time, timer};
use aarch64_cpu::registers::{MPIDR_EL1, Readable, SCTLR_EL1};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use rundown::{CACHE_LINE, Rundown, RundownGuard};
use spin::Mutex;

/// How long one of these may wait for another core.
const DEADLINE_MS: u64 = 10_000;

/// Makes an object that lives for ever, so that guards can travel in statics.
fn object() -> &'static Object {
    Box::leak(Object::boxed(cores::count()).unwrap_or_else(|error| panic!("{error}")))
}

/// Checks that the cores of the device tree run, each with its own index, affinity and MMU.
pub fn every_core_is_up() -> ktap::Result {
    let expected = cores::machine().core_count;
    equal("cores that are up", cores::count(), expected)?;
    let seen: Vec<AtomicU64> = (0..expected).map(|_| AtomicU64::new(u64::MAX)).collect();
    let ready = AtomicUsize::new(0);
    jobs::run(&|core| {
        // Affinity, bits 39:32 and 23:0 (Arm ARM, MPIDR_EL1).
        seen[core].store(MPIDR_EL1.get() & 0xff_00ff_ffff, Ordering::Relaxed);
        let on = SCTLR_EL1.is_set(SCTLR_EL1::M) && SCTLR_EL1.is_set(SCTLR_EL1::C);
        ready.fetch_add(usize::from(on && cores::this_index() == core), Ordering::Relaxed);
    });
    equal("cores with MMU and caches on", ready.into_inner(), expected)?;
    let mut affinities: Vec<u64> = seen.into_iter().map(AtomicU64::into_inner).collect();
    affinities.sort_unstable();
    affinities.dedup();
    equal("different affinities", affinities.len(), expected)
}

/// Checks that slots are as far apart as this hardware wants.
pub fn lines_are_large_enough() -> ktap::Result {
    let granule = cache::granule();
    holds(
        format!("{CACHE_LINE} bytes hold the {granule} that CTR_EL0 reports"),
        granule <= CACHE_LINE,
    )
}

/// A guard taken on core 0 is dropped on the last core; the drain ends then, and not before.
pub fn guard_migrates() -> ktap::Result {
    let object = object();
    let other = cores::count() - 1;
    let parcel = Mutex::new(Some(object.try_acquire().map_err(|error| format!("{error}"))?));
    holds("not run down while the guard lives", !object.begin_run_down())?;
    equal("holds left", object.outstanding(), Some(1))?;
    jobs::run_on(&|core| core == other, &|_| drop(parcel.lock().take()));
    holds(format!("run down after core {other} has dropped it"), object.is_run_down())
}

/// Every core takes counts of n at once, and gives them back in parts of other sizes.
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

/// Two wait at once: both return, none before the last release.
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
            timer::ring_at(soon(), || {
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
            timer::ring_at(soon(), release_held);
            jobs::run(&|_| wait());
        }
        _ => jobs::run_on(&|core| core < 3, &|core| {
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

/// Waiting on a run-down object returns at once, as often as one likes, also without time.
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
