//! The scheduler, with threads that take the place of cores.
//!
//! Long, as the scheduler is one state machine, and its tests share the threads and their deadline.

use super::*;
use crate::aarch64::Class;
use crate::directory::Access;
use crate::names::Names;
use crate::trace::Site;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
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

/// Does work in which a core could wait for ever, which ends all tests after a minute.
fn in_time<T>(work: impl FnOnce() -> T) -> T {
    let (sender, done) = channel::<()>();
    let test = thread::current().name().unwrap_or("a test").to_owned();
    thread::spawn(move || {
        if done.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{test}: a core waits for ever");
            process::exit(101);
        }
    });
    let result = work();
    drop(sender);
    result
}

fn run(policy: Policy, cores: usize, work: impl Fn(&Scheduler, usize) + Sync) -> (String, u64) {
    run_phase(1, policy, cores, work)
}

fn run_phase(
    number: u16,
    policy: Policy,
    cores: usize,
    work: impl Fn(&Scheduler, usize) + Sync,
) -> (String, u64) {
    let scheduler = scheduler(cores, policy);
    in_time(|| {
        thread::scope(|scope| {
            for core in 0..cores {
                let (scheduler, work) = (&scheduler, &work);
                scope.spawn(move || {
                    scheduler.begin(core, number, cores).unwrap();
                    work(scheduler, core);
                    scheduler.end(core).unwrap();
                });
            }
        });
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

/// Also when one number is used again: whoever is early waits until the others have ended.
#[test]
fn phases_follow_each_other_without_a_barrier() {
    for number in [|phase| phase, |_| 1, |phase| phase % 2] {
        let inside = [const { AtomicUsize::new(0) }; 20];
        let (_, steps) = run(Policy::Random(9), 4, |scheduler, core| {
            for phase in 2..20 {
                step(scheduler, core, 0);
                inside[usize::from(phase)].fetch_add(1, Ordering::SeqCst);
                scheduler.end(core).unwrap();
                scheduler.begin(core, 1 + number(phase), 4).unwrap();
                assert_eq!(inside[usize::from(phase)].load(Ordering::SeqCst), 4, "{phase}");
            }
        });
        assert_eq!(steps, 18 * 4);
    }
}

#[test]
fn the_number_of_a_phase_is_a_part_of_the_trace() {
    let hash = |number| run_phase(number, Policy::RoundRobin, 2, |_, _| ()).0;
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

/// A core that has been woken is waited for: who comes next must not depend on how fast it is.
#[test]
fn nobody_is_chosen_while_a_core_is_waking() {
    let (asleep, arrives) = [const { AtomicBool::new(false) }; 2].into();
    run(Policy::RoundRobin, 2, |scheduler, core| match core {
        0 => {
            step(scheduler, 0, 0); // core 1 falls asleep
            assert!(asleep.load(Ordering::SeqCst));
            scheduler.wakes(1).unwrap();
            step(scheduler, 0, 0);
            assert!(arrives.load(Ordering::SeqCst), "it was chosen before core 1 had arrived");
        }
        _ => {
            asleep.store(true, Ordering::SeqCst);
            scheduler.idle(1);
            thread::sleep(Duration::from_millis(50)); // a slow host
            arrives.store(true, Ordering::SeqCst);
            scheduler.arrive(1);
        }
    });
}

#[test]
fn a_core_that_arrives_waits_for_the_one_that_runs() {
    let (arrives, passes) = [const { AtomicBool::new(false) }; 2].into();
    run(Policy::RoundRobin, 2, |scheduler, core| match core {
        0 => {
            step(scheduler, 0, 0); // core 1 falls asleep
            scheduler.wakes(1).unwrap();
            while !arrives.load(Ordering::SeqCst) {
                thread::yield_now();
            }
            thread::sleep(Duration::from_millis(50)); // time enough to go on unchosen
            passes.store(true, Ordering::SeqCst);
            step(scheduler, 0, 0);
        }
        _ => {
            scheduler.idle(1);
            arrives.store(true, Ordering::SeqCst);
            scheduler.arrive(1);
            assert!(passes.load(Ordering::SeqCst), "two cores run at a time");
        }
    });
}

/// Depth 2, and the first step is the only one that can be the change point: then the other core is first.
#[test]
fn steps_and_spins_change_priorities() {
    let order = |policy: Policy, act: fn(&Scheduler, usize)| {
        let order = Mutex::new(Vec::new());
        run(policy, 2, |scheduler, core| {
            lock(&order).push(core);
            act(scheduler, core);
            lock(&order).push(core);
        });
        order.into_inner().unwrap()
    };
    let pct = |length, depth| Policy::Pct { seed: 1, depth, length };
    let steps = order(pct(1, 2), |scheduler, core| step(scheduler, core, 0));
    let (first, second) = (steps[0], 1 - steps[0]);
    assert_eq!(steps, [first, second, second, first]);
    let spins = order(pct(1000, 1), |scheduler, core| scheduler.spin(core).unwrap());
    assert_eq!(spins, [first, second, first, second]);
}

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

/// What each of three cores does after its first step: whether somebody can go on then. They take turns
/// by their numbers.
fn last_acts(acts: [fn(&Scheduler, usize) -> bool; 3]) -> ([bool; 3], String) {
    let scheduler = scheduler(3, Policy::RoundRobin);
    let moves = in_time(|| {
        thread::scope(|scope| {
            let scheduler = &scheduler;
            let cores = (0..).zip(acts).map(|(core, act)| {
                scope.spawn(move || {
                    scheduler.begin(core, 1, 3).unwrap();
                    step(scheduler, core, 8 * core as u64);
                    act(scheduler, core)
                })
            });
            let cores: Vec<_> = cores.collect();
            cores.into_iter().map(|core| core.join().unwrap()).collect::<Vec<_>>()
        })
    });
    (moves.try_into().unwrap(), scheduler.sleepers(&Names::default()))
}

fn sleep(scheduler: &Scheduler, core: usize) -> bool {
    scheduler.idle(core)
}

fn end(scheduler: &Scheduler, core: usize) -> bool {
    scheduler.end(core).unwrap()
}

#[test]
fn the_last_who_sleeps_or_ends_leaves_a_schedule_stuck() {
    let sleeps = |core: u64| format!("core {core} sleeps since LDADD {:#x}  at 0x0", 8 * core);
    let stuck = |who: &[u64], ended| {
        let who: Vec<_> = who.iter().map(|&core| sleeps(core)).collect();
        let who = who.join(", ");
        format!("stuck after 3 steps, as no wake-up is on its way: {who}; {ended} have ended")
    };
    let nobody = [true, true, false];
    assert_eq!(last_acts([sleep, sleep, sleep]), (nobody, stuck(&[0, 1, 2], 0)));
    assert_eq!(last_acts([sleep, end, sleep]), (nobody, stuck(&[0, 2], 1)));
    assert_eq!(last_acts([end, sleep, end]), (nobody, stuck(&[1], 2)));
    assert_eq!(last_acts([end, end, end]).0, [true; 3], "all is done");
}

/// The one who was woken goes on, and then it is stuck all the same.
#[test]
fn a_wake_up_on_its_way_keeps_a_schedule_going() {
    fn wake_and_sleep(scheduler: &Scheduler, core: usize) -> bool {
        scheduler.wakes(0).unwrap();
        scheduler.idle(core)
    }
    fn wake_and_end(scheduler: &Scheduler, core: usize) -> bool {
        scheduler.wakes(0).unwrap();
        scheduler.end(core).unwrap()
    }
    fn sleep_twice(scheduler: &Scheduler, core: usize) -> bool {
        assert!(scheduler.idle(core));
        // It comes late: whoever has woken it has slept or ended by then.
        let waking = |inner: &Inner| inner.waking > 0 && inner.running.is_none();
        while !waking(&lock(&scheduler.inner)) {
            thread::yield_now();
        }
        scheduler.arrive(core);
        scheduler.idle(core)
    }
    for (last, after) in [(wake_and_sleep as fn(&Scheduler, usize) -> bool, 0), (wake_and_end, 1)] {
        let ([woken, other, last], text) = last_acts([sleep_twice, sleep, last]);
        assert!(!woken && other && last, "{text}");
        assert!(text.ends_with(&format!("; {after} have ended")), "{text}");
    }
}

#[test]
fn turns_without_a_step_count_towards_the_most_steps() {
    let scheduler = Scheduler::new(1, Policy::RoundRobin, 1, 5, Duration::from_secs(5));
    scheduler.idle(0);
    scheduler.begin(0, 1, 1).unwrap();
    step(&scheduler, 0, 0);
    (0..4).for_each(|_| scheduler.spin(0).unwrap());
    assert_eq!(scheduler.spin(0), Err("more than 5 steps".to_owned()));
    assert_eq!(scheduler.trace(|trace, spins| (trace.count(), spins)), (1, 5));
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
fn nothing_is_said_of_a_phase_before_its_deadline() {
    let scheduler = Scheduler::new(2, Policy::RoundRobin, 1, u64::MAX, Duration::from_secs(3600));
    scheduler.begin(0, 1, 1).unwrap();
    assert_eq!(scheduler.stuck(), None);
}

#[test]
fn refuses_cores_that_share_a_thread() {
    let scheduler = Scheduler::new(2, Policy::RoundRobin, 1, u64::MAX, Duration::ZERO);
    scheduler.idle(1);
    let error = scheduler.check_threads(0, 2).unwrap_err();
    assert!(error.starts_with("mode=schedule wants every core on a thread of its own"), "{error}");
}

#[test]
fn refuses_to_wait_for_a_core_that_has_no_thread_yet() {
    let scheduler = scheduler(2, Policy::RoundRobin);
    assert_eq!(scheduler.check_threads(0, 2), Ok(()));
    let fresh = Scheduler::new(3, Policy::RoundRobin, 1, u64::MAX, Duration::ZERO);
    thread::scope(|scope| scope.spawn(|| fresh.idle(1)).join().unwrap());
    assert_eq!(fresh.check_threads(0, 2), Ok(()));
    assert!(fresh.check_threads(0, 3).is_err(), "nobody has heard of core 2");
}

#[test]
fn refuses_a_phase_of_another_number_of_cores() {
    let scheduler = scheduler(3, Policy::RoundRobin);
    thread::scope(|scope| {
        scope.spawn(|| {
            scheduler.begin(0, 1, 2).unwrap();
            assert!(scheduler.end(0).unwrap());
        });
        let start = Instant::now();
        let error = loop {
            // Until core 0 has begun, this would be the first to begin.
            if lock(&scheduler.inner).phase.is_some() {
                break scheduler.begin(1, 1, 3).unwrap_err();
            }
            assert!(start.elapsed() < Duration::from_secs(60));
        };
        assert_eq!(error, "core 1 has phase 1 of 3 cores, not 2");
        scheduler.begin(2, 1, 2).unwrap();
        assert!(scheduler.end(2).unwrap());
    });
}

#[test]
fn refuses_a_step_of_a_core_that_was_not_chosen() {
    let scheduler = scheduler(2, Policy::RoundRobin);
    let step = Step { core: 1, access: Access::Load, site: &SITE, address: 0 };
    let error = scheduler.record(step, Place { name: 0, offset: 0 }).unwrap_err();
    assert!(error.starts_with("core 1 was woken from a WFI without a marker"), "{error}");
    assert_eq!(scheduler.trace(|trace, _| trace.count()), 0);
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
