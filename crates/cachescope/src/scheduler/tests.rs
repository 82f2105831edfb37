//! The scheduler, with threads that take the place of cores.

use super::*;
use crate::aarch64::Class;
use crate::directory::Access;
use crate::trace::Site;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

static SITE: Site =
    Site { address: 0, opcode: 0xf8e0_0020, class: Class::Atomic, name: "LDADD", wide_pair: false };

fn scheduler(cores: usize, policy: Policy) -> Scheduler {
    let scheduler = Scheduler::new(cores, policy, 100, u64::MAX, Duration::from_secs(5));
    // As cores that were started by PSCI: each has slept on a thread of its own.
    thread::scope(|scope| {
        (0..cores).for_each(|core| {
            let scheduler = &scheduler;
            scope.spawn(move || scheduler.idle(core));
        });
    });
    scheduler
}

fn step(scheduler: &Scheduler, core: usize, offset: u64) {
    let step = Step { core, access: Access::Atomic, site: &SITE, address: offset };
    scheduler.record(step, Place { name: 0, offset }).unwrap();
    scheduler.pass(core);
}

fn run(policy: Policy, cores: usize, work: impl Fn(&Scheduler, usize) + Sync) -> (String, u64) {
    let scheduler = scheduler(cores, policy);
    thread::scope(|scope| {
        for core in 0..cores {
            let (scheduler, work) = (&scheduler, &work);
            scope.spawn(move || {
                scheduler.begin(core, 1, cores).unwrap();
                work(scheduler, core);
                scheduler.end(core).unwrap();
            });
        }
    });
    scheduler.trace(|trace, _| (trace.hash(), trace.count()))
}

#[test]
fn only_one_core_runs_at_a_time() {
    let inside = AtomicUsize::new(0);
    run(Policy::Random(3), 4, |scheduler, core| {
        for offset in 0..200 {
            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
            thread::yield_now();
            assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1);
            step(scheduler, core, offset);
        }
    });
}

#[test]
fn a_seed_is_a_schedule() {
    let run = |seed| {
        run(Policy::Random(seed), 4, |scheduler, core| {
            (0..100).for_each(|offset| step(scheduler, core, offset))
        })
    };
    let (hash, steps) = run(1);
    assert_eq!(steps, 400);
    (0..20).for_each(|_| assert_eq!(run(1).0, hash));
    assert_ne!(run(2).0, hash);
}

#[test]
fn round_robin_alternates() {
    let order = Mutex::new(Vec::new());
    run(Policy::RoundRobin, 3, |scheduler, core| {
        for offset in 0..3 {
            lock(&order).push(core);
            step(scheduler, core, offset);
        }
    });
    assert_eq!(*lock(&order), [0, 1, 2, 0, 1, 2, 0, 1, 2]);
}

#[test]
fn phases_follow_each_other_without_a_barrier() {
    let (_, steps) = run(Policy::Random(9), 4, |scheduler, core| {
        for phase in 2..20 {
            step(scheduler, core, 0);
            scheduler.end(core).unwrap();
            scheduler.begin(core, phase, 4).unwrap();
        }
    });
    assert_eq!(steps, 18 * 4);
}

/// Cores that sleep until the one before has woken them, as with WFI and an interrupt.
#[test]
fn sleepers_do_not_make_a_difference() {
    const CORES: usize = 4;
    let run = |delay: bool| {
        let pending: [AtomicBool; CORES] = Default::default();
        run(Policy::Random(5), CORES, |scheduler, core| {
            for round in 0..30 {
                if core != 0 || round != 0 {
                    // WFI: sleeps unless the interrupt is pending already.
                    if !pending[core].load(Ordering::SeqCst) {
                        scheduler.idle(core);
                        while !pending[core].load(Ordering::SeqCst) {
                            thread::yield_now();
                        }
                    }
                    if delay {
                        thread::sleep(Duration::from_micros(300));
                    }
                    scheduler.arrive(core);
                    pending[core].store(false, Ordering::SeqCst);
                }
                step(scheduler, core, round);
                scheduler.wakes((core + 1) % CORES).unwrap();
                pending[(core + 1) % CORES].store(true, Ordering::SeqCst);
                step(scheduler, core, 1000 + round);
            }
        })
    };
    let hash = run(false);
    (0..5).for_each(|_| assert_eq!(run(false), hash));
    assert_eq!(run(true), hash);
}

#[test]
fn says_who_is_stuck() {
    let scheduler = Scheduler::new(3, Policy::RoundRobin, 1, u64::MAX, Duration::ZERO);
    assert_eq!(scheduler.stuck(), None);
    thread::scope(|scope| {
        scope.spawn(|| scheduler.idle(1)).join().unwrap();
        scope.spawn(|| {
            scheduler.begin(0, 7, 2).unwrap();
            scheduler.end(0)
        });
        let message = "no step for 0 s in phase 7 (1 of 2 cores have begun, 0 have ended): \
                       core 0 waiting";
        let start = Instant::now();
        while scheduler.stuck().as_deref() != Some(message) {
            assert!(start.elapsed() < Duration::from_secs(60), "{:?}", scheduler.stuck());
        }
        scope.spawn(|| {
            scheduler.begin(1, 7, 2).unwrap();
            scheduler.end(1)
        });
    });
}

#[test]
fn refuses_cores_that_share_a_thread() {
    let scheduler = Scheduler::new(2, Policy::RoundRobin, 1, u64::MAX, Duration::ZERO);
    scheduler.idle(1);
    let error = scheduler.check_threads(0, 2).unwrap_err();
    assert!(error.starts_with("mode=schedule wants every core on a thread of its own"), "{error}");
}

#[test]
fn refuses_what_breaks_the_rules() {
    let scheduler = scheduler(2, Policy::RoundRobin);
    assert!(scheduler.end(0).is_err());
    assert!(scheduler.begin(0, 1, 3).is_err() && scheduler.begin(0, 1, 0).is_err());
    assert!(scheduler.wakes(2).is_err());
    scheduler.begin(0, 1, 1).unwrap();
    assert!(scheduler.begin(0, 2, 1).is_err());
}
