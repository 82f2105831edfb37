//! Models of sleeping cores, each named after what must not go wrong.
//!
//! The code is the kernel's; its hardware is modelled: an interrupt to a core that holds interrupts back
//! is pending until it lets them through, and ends its sleep; one to a core that does not is taken at once,
//! and a sleep that begins afterwards does not notice it. A lost wake-up is therefore a deadlock, which loom
//! reports. Run by `scripts/prove`, or by hand:
//! `RUSTFLAGS="--cfg rundown_loom" cargo test -p parking --release --test loom_parking`.
#![cfg(rundown_loom)]

use loom::sync::{Condvar, Mutex};
use loom::thread;
use parking::{AtomicUsize, Core, Ordering, Sleepers};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The indices of the cores: two share a word of the table, the third has another one.
const INDICES: [usize; 3] = [0, 1, 64];
/// Two addresses that share a set, and one that does not, in a table of two sets.
const ONE: usize = 0x1000;
const SAME_SET: usize = 0x3000;
const OTHER_SET: usize = 0x2000;
const NEVER: u64 = u64::MAX;

/// A core's interrupts, and its clock.
#[derive(Default)]
struct Interrupts {
    masked: bool,
    pending: bool,
    alarm: Option<u64>,
    now: u64,
}

struct Simulated {
    index: usize,
    parked_on: AtomicUsize,
    interrupts: Mutex<Interrupts>,
    changed: Condvar,
}

loom::lazy_static! {
    static ref SLEEPERS: Sleepers<2, 2> = Sleepers::new();
    static ref CORES: [Simulated; 3] = INDICES.map(|index| Simulated {
        index,
        parked_on: AtomicUsize::new(0),
        interrupts: Mutex::new(Interrupts::default()),
        changed: Condvar::new(),
    });
}

impl Simulated {
    /// The time comes.
    fn set_time(&self, now: u64) {
        self.interrupts.lock().unwrap().now = now;
        self.changed.notify_all();
    }
}

impl Core for Simulated {
    fn find(index: usize) -> Option<&'static Self> {
        CORES.iter().find(|core| core.index == index)
    }

    fn index(&self) -> usize {
        self.index
    }

    fn parked_on(&self) -> &AtomicUsize {
        &self.parked_on
    }

    fn now(&self) -> u64 {
        self.interrupts.lock().unwrap().now
    }

    fn alarm(&self, at: Option<u64>) {
        self.interrupts.lock().unwrap().alarm = at;
    }

    fn masked(&self, body: impl FnOnce()) {
        self.interrupts.lock().unwrap().masked = true;
        body();
        let mut interrupts = self.interrupts.lock().unwrap();
        (interrupts.masked, interrupts.pending) = (false, false);
    }

    fn sleep(&self) {
        let mut interrupts = self.interrupts.lock().unwrap();
        while !interrupts.pending && interrupts.alarm.is_none_or(|at| interrupts.now < at) {
            interrupts = self.changed.wait(interrupts).unwrap();
        }
    }

    fn interrupt(&self) {
        let mut interrupts = self.interrupts.lock().unwrap();
        if interrupts.masked {
            interrupts.pending = true;
            self.changed.notify_all();
        }
    }
}

/// Explores a race, with at most three preemptions unless `RUNDOWN_LOOM_LONG` is set.
fn model(race: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    if std::env::var_os("RUNDOWN_LOOM_LONG").is_none() {
        builder.preemption_bound.get_or_insert(3);
    }
    let executions = Arc::new(AtomicU64::new(0));
    let counter = executions.clone();
    builder.check(move || {
        counter.fetch_add(1, Relaxed);
        // Made before any thread starts: being the first to touch it would order threads by itself.
        let _ = (&*SLEEPERS, &*CORES);
        race();
    });
    // Shown with `--show-output`; `scripts/prove` adds them up.
    println!("executions: {}", executions.load(Relaxed));
}

/// What one waits for: the cores do not order by it.
#[derive(Clone)]
struct Flag(Arc<AtomicUsize>);

impl Flag {
    fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(0)))
    }

    fn raise(&self, address: usize) {
        self.0.store(1, Ordering::Relaxed);
        SLEEPERS.wake::<Simulated>(ptr::without_provenance(address));
    }

    fn wait(&self, core: usize, address: usize, deadline: u64) -> bool {
        let ready = &mut || self.0.load(Ordering::Relaxed) == 1;
        SLEEPERS.wait(&CORES[core], ptr::without_provenance(address), ready, deadline)
    }
}

/// Starts a core that waits until the flag is raised.
fn sleeper(flag: &Flag, core: usize, address: usize) -> thread::JoinHandle<()> {
    let flag = flag.clone();
    thread::spawn(move || assert!(flag.wait(core, address, NEVER)))
}

#[test]
fn a_wake_up_against_one_who_goes_to_sleep() {
    model(|| {
        let flag = Flag::new();
        let asleep = sleeper(&flag, 1, ONE);
        flag.raise(ONE);
        asleep.join().unwrap();
    });
}

#[test]
fn one_wake_up_against_two_who_go_to_sleep() {
    model(|| {
        let flag = Flag::new();
        let asleep = [1, 2].map(|core| sleeper(&flag, core, ONE));
        flag.raise(ONE);
        asleep.into_iter().for_each(|core| core.join().unwrap());
    });
}

#[test]
fn one_wake_up_against_two_of_the_same_word() {
    model(|| {
        let flag = Flag::new();
        let asleep = [0, 1].map(|core| sleeper(&flag, core, ONE));
        flag.raise(ONE);
        asleep.into_iter().for_each(|core| core.join().unwrap());
    });
}

#[test]
fn two_addresses_of_one_set() {
    model(|| {
        let flags = [Flag::new(), Flag::new()];
        let first = sleeper(&flags[0], 0, ONE);
        let second = sleeper(&flags[1], 1, SAME_SET);
        flags[1].raise(SAME_SET);
        second.join().unwrap();
        flags[0].raise(ONE);
        first.join().unwrap();
    });
}

#[test]
fn one_who_sleeps_at_one_address_after_another() {
    for next in [ONE, SAME_SET, OTHER_SET] {
        model(move || {
            let flags = [Flag::new(), Flag::new()];
            let [first, second] = flags.clone();
            let asleep = thread::spawn(move || {
                assert!(first.wait(1, ONE, NEVER));
                assert!(second.wait(1, next, NEVER));
            });
            flags[0].raise(ONE);
            flags[1].raise(next);
            asleep.join().unwrap();
        });
    }
}

#[test]
fn two_who_wake_each_other_in_turn() {
    model(|| {
        let flags = [Flag::new(), Flag::new()];
        let [there, back] = flags.clone();
        let other = thread::spawn(move || {
            assert!(there.wait(1, ONE, NEVER));
            back.raise(ONE);
        });
        flags[0].raise(ONE);
        assert!(flags[1].wait(0, ONE, NEVER));
        other.join().unwrap();
    });
}

#[test]
fn a_wait_that_nobody_ends_ends_at_its_deadline() {
    model(|| {
        let asleep = thread::spawn(|| {
            assert!(!Flag::new().wait(1, ONE, 5));
            assert!(CORES[1].now() >= 5);
        });
        CORES[1].set_time(4);
        CORES[1].set_time(5);
        asleep.join().unwrap();
    });
}

#[test]
fn a_deadline_against_a_wake_up() {
    model(|| {
        let flag = Flag::new();
        let other = flag.clone();
        let asleep = thread::spawn(move || {
            if !other.wait(1, ONE, 5) {
                assert_eq!(CORES[1].now(), 5);
            }
            // Who gave up can wait again.
            assert!(other.wait(1, ONE, NEVER));
        });
        CORES[1].set_time(5);
        flag.raise(ONE);
        asleep.join().unwrap();
    });
}
