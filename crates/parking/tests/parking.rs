//! Who is woken, and when a wait ends, step by step on one thread.
//!
//! A core that sleeps runs what the test wants to happen meanwhile: another core goes to sleep, the time
//! comes, somebody wakes them. What races with it is explored in `loom_parking.rs`.
#![cfg(not(rundown_loom))]

use parking::{AtomicUsize, Core, Ordering, Sleepers};
use std::cell::{Cell, RefCell};
use std::ptr;

const HERE: *const () = ptr::without_provenance(0x1000);
/// In the same set, of two.
const ELSEWHERE: *const () = ptr::without_provenance(0x3000);
const NEVER: u64 = u64::MAX;
const CORES: usize = 512;

type Sets = Sleepers<2, { CORES / 64 }>;

struct Simulated {
    index: usize,
    parked_on: AtomicUsize,
    alarm: Cell<Option<u64>>,
    masked: Cell<bool>,
    interrupts: Cell<u32>,
}

thread_local! {
    static ALL: &'static [Simulated] = Box::leak((0..CORES).map(Simulated::new).collect());
    static NOW: Cell<u64> = const { Cell::new(0) };
    /// How many cores were looked at.
    static LOOKS: Cell<u32> = const { Cell::new(0) };
    static ASLEEP: Event = const { Event::new() };
    static MASKED: Event = const { Event::new() };
}

/// What is to happen then, if anything: once.
struct Event(RefCell<Option<Action>>);

type Action = Box<dyn FnOnce(&Simulated)>;

impl Event {
    const fn new() -> Self {
        Self(RefCell::new(None))
    }

    fn set(&self, what: impl FnOnce(&Simulated) + 'static) {
        *self.0.borrow_mut() = Some(Box::new(what));
    }

    /// Returns whether there was something.
    fn happens(&self, core: &Simulated) -> bool {
        let what = self.0.take();
        what.map(|what| what(core)).is_some()
    }
}

impl Simulated {
    fn new(index: usize) -> Self {
        Self {
            index,
            parked_on: AtomicUsize::new(0),
            alarm: Cell::new(None),
            masked: Cell::new(false),
            interrupts: Cell::new(0),
        }
    }
}

impl Core for Simulated {
    fn find(index: usize) -> Option<&'static Self> {
        LOOKS.set(LOOKS.get() + 1);
        ALL.with(|all| all.get(index))
    }

    fn index(&self) -> usize {
        self.index
    }

    fn parked_on(&self) -> &AtomicUsize {
        &self.parked_on
    }

    fn now(&self) -> u64 {
        NOW.get()
    }

    fn alarm(&self, at: Option<u64>) {
        self.alarm.set(at);
    }

    fn masked(&self, body: impl FnOnce()) {
        MASKED.with(|event| event.happens(self)); // an interrupt just before
        assert!(!self.masked.replace(true));
        body();
        self.masked.set(false);
    }

    fn sleep(&self) {
        assert!(self.masked.get(), "an interrupt between the look and the sleep would be lost");
        assert!(ASLEEP.with(|event| event.happens(self)), "core {} sleeps for ever", self.index);
    }

    fn interrupt(&self) {
        self.interrupts.set(self.interrupts.get() + 1);
    }
}

fn core(index: usize) -> &'static Simulated {
    Simulated::find(index).unwrap()
}

fn sets() -> &'static Sets {
    Box::leak(Box::new(Sets::new()))
}

/// Wakes those at an address. Returns who was interrupted, and how often.
fn woken(sets: &Sets, address: *const ()) -> Vec<(usize, u32)> {
    sets.wake::<Simulated>(address);
    let interrupts = (0..CORES).map(|index| (index, core(index).interrupts.take()));
    interrupts.filter(|(_, times)| *times > 0).collect()
}

/// Returns a question that is answered with yes from this time on that it is asked.
fn ready_at(time: u32) -> impl FnMut() -> bool {
    let mut asked = 0;
    move || {
        asked += 1;
        asked >= time
    }
}

/// Has the cores go to sleep one after the other, and then, while all of them sleep, does something.
fn all_asleep(
    sets: &'static Sets,
    at: &'static [(usize, *const ())],
    meanwhile: impl FnOnce() + 'static,
) {
    let Some((&(index, address), others)) = at.split_first() else { return meanwhile() };
    ASLEEP.with(|event| event.set(move |_| all_asleep(sets, others, meanwhile)));
    let ready = &mut ready_at(3); // asked once before it has said where it sleeps, once after
    assert!(sets.wait(core(index), address, ready, NEVER));
}

#[test]
fn everyone_who_sleeps_there_is_woken_once_and_nobody_else() {
    const AT: [(usize, *const ()); 9] = [
        (0, HERE),
        (1, HERE),
        (2, ELSEWHERE),
        (63, HERE),
        (64, HERE),
        (65, ELSEWHERE),
        (127, HERE),
        (510, ELSEWHERE),
        (511, HERE),
    ];
    let sets = sets();
    all_asleep(sets, &AT, || {
        for address in [HERE, ELSEWHERE, HERE] {
            let there = AT.iter().filter(|(_, at)| *at == address).map(|(index, _)| (*index, 1));
            assert_eq!(woken(sets, address), there.collect::<Vec<_>>());
        }
    });
    for (index, address) in AT {
        LOOKS.set(0);
        sets.wake::<Simulated>(address);
        assert_eq!(LOOKS.get(), 0, "they sleep no more, and nobody needs to look at them");
        assert_eq!(core(index).parked_on.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn one_who_has_woken_leaves_the_others_asleep() {
    let sets = sets();
    all_asleep(sets, &[(3, HERE), (4, HERE)], || {
        ASLEEP.with(|event| {
            event.set(|_| {
                assert_eq!(woken(sets, HERE), [(3, 1), (4, 1), (5, 1)]);
                NOW.set(1);
            });
        });
        assert!(!sets.wait(core(5), HERE, &mut || false, 1));
        assert_eq!(woken(sets, HERE), [(3, 1), (4, 1)]);
    });
}

#[test]
fn neighbours_mostly_have_sets_of_their_own() {
    let sets: &'static Sleepers<64, 1> = Box::leak(Box::new(Sleepers::new()));
    ASLEEP.with(|event| {
        event.set(|_| {
            let lines = (0..64).map(|line| HERE.wrapping_byte_add(128 * line));
            lines.for_each(|line| sets.wake::<Simulated>(line));
            assert!((1..8).contains(&LOOKS.get()), "{} looks for 64 wake-ups", LOOKS.get());
            NOW.set(1);
        });
    });
    assert!(!sets.wait(core(1), HERE, &mut || false, 1));
}

#[test]
fn a_core_that_has_no_data_yet_is_passed_over() {
    let sets: &'static Sleepers<2, { CORES / 64 + 1 }> = Box::leak(Box::new(Sleepers::new()));
    let unknown = Simulated::new(CORES);
    ASLEEP.with(|event| {
        event.set(|_| {
            sets.wake::<Simulated>(HERE);
            NOW.set(1);
        });
    });
    assert!(!sets.wait(&unknown, HERE, &mut || false, 1));
    assert_eq!(unknown.interrupts.get(), 0);
}

#[test]
fn who_is_ready_does_not_sleep_whatever_the_time() {
    let sets = sets();
    NOW.set(9);
    assert!(sets.wait(core(1), HERE, &mut || true, 5));
    // Ready between the first look and the sleep.
    assert!(sets.wait(core(1), HERE, &mut ready_at(2), 10));
    assert_eq!(core(1).alarm.get(), None);
}

#[test]
fn a_deadline_ends_the_wait_when_it_has_come_and_not_before() {
    let sets = sets();
    assert!(!sets.wait(core(1), HERE, &mut || false, 0));
    NOW.set(4);
    ASLEEP.with(|event| {
        event.set(|core| {
            assert_eq!(core.alarm.get(), Some(5));
            NOW.set(5);
        });
    });
    assert!(!sets.wait(core(1), HERE, &mut || false, 5));
    assert!(!ASLEEP.with(|event| event.happens(core(1))), "it has slept");
}

#[test]
fn a_sleep_that_ends_too_early_goes_on() {
    let sets = sets();
    ASLEEP.with(|event| event.set(|_| ASLEEP.with(|event| event.set(|_| NOW.set(7)))));
    assert!(!sets.wait(core(1), HERE, &mut || false, 7));
}

#[test]
fn a_handler_that_waits_does_not_take_the_alarm_away() {
    let sets = sets();
    MASKED.with(|event| {
        event.set(|core| {
            assert!(sets.wait(core, ELSEWHERE, &mut ready_at(2), 3));
        });
    });
    ASLEEP.with(|event| {
        event.set(|core| {
            assert_eq!(core.alarm.get(), Some(8));
            assert_eq!(core.parked_on.load(Ordering::Relaxed), HERE.addr());
            NOW.set(8);
        });
    });
    assert!(!sets.wait(core(1), HERE, &mut || false, 8));
}
