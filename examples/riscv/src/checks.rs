//! The tests. Every hart runs each of them at once; then the leader looks at what came of it.

use crate::park::{self, Sleep, after_ms};
use crate::report::{Wrong, equal};
use crate::slot::{self, MOST, ThisHart};
use crate::start::{count, leader, meet};
use core::mem;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use rundown::{CACHE_LINE, CacheLine, Park, Rundown, RundownGuard, StaticRundownRef};

/// A run-down object of this kernel: a slot for each hart, waiters that sleep.
type Object = StaticRundownRef<ThisHart, MOST, Sleep>;

/// Acquires of each hart, at least, before the drain begins.
const PAIRS: usize = 20_000;
/// Acquires of each hart after it.
const REFUSALS: usize = 1_000;
/// Every so many grants one is kept until the next such one: a slow user, whom the drain finds.
const KEPT_EVERY: usize = 64;
/// How long the drain may take. A hold that is lost is noticed then.
const DRAIN_MS: u64 = 15_000;

/// What every hart uses.
static OBJECT: Object = Object::new();
/// Whether what it protects is still there: false once the drain has ended.
static ALIVE: AtomicBool = AtomicBool::new(true);
/// Harts that have done their pairs.
static DONE: AtomicUsize = AtomicUsize::new(0);
/// Holds that were left when the drain gave up.
static LEFT: AtomicUsize = AtomicUsize::new(0);
/// Held by the leader's neighbour while the leader waits.
static HELD: Object = Object::new();
/// The leader's waits for it: what was left at a deadline, and whether the hold was gone at the end.
static LATE: AtomicUsize = AtomicUsize::new(0);
static LET_GO: AtomicBool = AtomicBool::new(false);
static WAITED: AtomicBool = AtomicBool::new(false);

/// A count of each hart, on its own cache line. Relaxed, as everything here: [`meet`] and the waits order it.
type Counts = [CacheLine<AtomicUsize>; MOST];
static STARTS: Counts = none();
static GRANTED: Counts = none();
static RELEASED: Counts = none();
static REFUSED: Counts = none();
static POISON_SEEN: Counts = none();
static PASSED: Counts = none();
/// Holds that a hart has left for another one.
static LENT: Counts = none();

const fn none() -> Counts {
    [const { CacheLine(AtomicUsize::new(0)) }; MOST]
}

fn sum(counts: &Counts) -> usize {
    counts.iter().map(|CacheLine(count)| count.load(Relaxed)).sum()
}

/// Returns in how many of this machine's harts a count is as wanted.
fn harts(counts: &Counts, wanted: fn(usize) -> bool) -> usize {
    counts[..count()].iter().filter(|CacheLine(count)| wanted(count.load(Relaxed))).count()
}

/// A test: its name, what every hart does, by its index, and what must have come of it.
pub type Test = (&'static str, fn(usize), fn() -> Result<(), Wrong>);

/// All of them, in their order: some look at what an earlier one has left.
pub const TESTS: [Test; 10] = [
    ("every hart is up under its own index", be_there, all_are_there),
    ("no two slots share a cache line", nothing, slots_are_apart),
    ("every hart uses the object until one starts the drain", use_object, all_did_their_pairs),
    ("granted = released, and the drain has ended", nothing, balance),
    ("no holder ever saw the poison", nothing, no_poison_seen),
    ("every hart is refused after the drain", be_refused, all_are_refused),
    ("re-initialised, what one hart takes another releases", pass_on, all_was_passed_on),
    ("a wait for a holder gives up at its deadline", hold_on, wait_was_late),
    ("a wait returns after the last release", let_go, wait_has_ended),
    ("who sleeps is woken by an interrupt of another hart", nothing, harts_were_woken),
];

fn nothing(_hart: usize) {}

fn be_there(_hart: usize) {
    STARTS[slot::index()].0.fetch_add(1, Relaxed);
}

fn all_are_there() -> Result<(), Wrong> {
    equal("indexes that one hart has", harts(&STARTS, |starts| starts == 1), count())
}

fn slots_are_apart() -> Result<(), Wrong> {
    let line = |slot| OBJECT.slot_address(slot).addr() / CACHE_LINE;
    equal("shared lines", (1..MOST).filter(|slot| line(*slot) == line(slot - 1)).count(), 0)
}

fn use_object(hart: usize) {
    let (mut granted, mut released, mut poison_seen, mut kept) = (0, 0, 0, None);
    while let Ok(guard) = OBJECT.try_acquire() {
        granted += 1;
        poison_seen += usize::from(!ALIVE.load(Relaxed));
        if granted % KEPT_EVERY == 0 {
            released += usize::from(kept.replace(guard).is_some());
        } else {
            drop(guard);
            released += 1;
        }
        if granted == PAIRS {
            DONE.fetch_add(1, Relaxed);
            Sleep::unpark_all((&raw const DONE).cast());
            if hart == leader() {
                let all = || DONE.load(Relaxed) == count();
                Sleep::park_until((&raw const DONE).cast(), &mut { all }, None);
                OBJECT.begin_run_down(); // in the middle of what the others do
            }
        }
    }
    if hart != leader() {
        park::nap(2); // long enough for the leader to sleep, if it is to be woken
    }
    if kept.is_some() {
        poison_seen += usize::from(!ALIVE.load(Relaxed));
        released += 1;
    }
    if cfg!(feature = "lose_a_hold") && hart == leader() {
        mem::forget(kept.take());
    }
    drop(kept);
    GRANTED[hart].0.store(granted, Relaxed);
    RELEASED[hart].0.store(released, Relaxed);
    POISON_SEEN[hart].0.store(poison_seen, Relaxed);
    if hart == leader() {
        match OBJECT.wait_until(after_ms(DRAIN_MS)) {
            Ok(()) => ALIVE.store(false, Relaxed),
            Err(late) => LEFT.store(late.outstanding.unwrap_or(0), Relaxed),
        }
    }
}

fn all_did_their_pairs() -> Result<(), Wrong> {
    equal("harts that did their pairs", harts(&GRANTED, |granted| granted >= PAIRS), count())
}

fn balance() -> Result<(), Wrong> {
    equal("holds that the drain still found at its deadline", LEFT.load(Relaxed), 0)?;
    equal("objects that are run down", usize::from(OBJECT.is_run_down()), 1)?;
    equal("releases", sum(&RELEASED), sum(&GRANTED))
}

fn no_poison_seen() -> Result<(), Wrong> {
    equal("looks of a holder at what is gone", sum(&POISON_SEEN), 0)
}

fn be_refused(hart: usize) {
    let refused = (0..REFUSALS).filter(|_| OBJECT.try_acquire().is_err()).count();
    REFUSED[hart].0.store(refused, Relaxed);
}

fn all_are_refused() -> Result<(), Wrong> {
    equal("refusals", sum(&REFUSED), count() * REFUSALS)
}

/// Leaves a hold for another hart, or none if there was a refusal.
fn lend(hart: usize, hold: Result<RundownGuard<'_, Object>, impl Sized>) {
    LENT[hart].0.store(hold.map_or(0, |guard| guard.leak()), Relaxed);
}

/// Releases here what this hart has lent, behind a meeting.
fn give_back(object: &'static Object, hart: usize) {
    let count = LENT[hart].0.swap(0, Relaxed);
    if count > 0 {
        // SAFETY: so many holds of this object were leaked, which lives for ever, and the swap takes them once.
        drop(unsafe { RundownGuard::adopt(object, count) });
    }
}

/// Each hart takes as many holds as its index says and one more, and releases those of the hart before it.
fn pass_on(hart: usize) {
    if hart == leader() {
        let _ = OBJECT.reinitialize(); // if that is refused, so is all below, which is noticed
    }
    meet();
    lend(hart, OBJECT.try_acquire_n(hart + 1));
    meet();
    let before = (hart + count() - 1) % count();
    PASSED[hart].0.store(LENT[before].0.load(Relaxed), Relaxed);
    give_back(&OBJECT, before);
}

fn all_was_passed_on() -> Result<(), Wrong> {
    equal("holds that were passed on", sum(&PASSED), count() * (count() + 1) / 2)?;
    let late = OBJECT.wait_until(after_ms(DRAIN_MS)).is_err();
    equal("second rounds that were late", usize::from(late), 0)
}

/// Returns the hart behind the leader; if it is alone, that is the leader itself.
fn neighbour() -> usize {
    (leader() + 1) % count()
}

/// The neighbour holds, and the leader waits.
fn hold_on(hart: usize) {
    if hart == neighbour() {
        lend(hart, HELD.try_acquire());
    }
    meet();
    if hart == leader()
        && let Err(late) = HELD.wait_until(after_ms(20))
    {
        LATE.store(late.outstanding.unwrap_or(0), Relaxed);
    }
}

fn wait_was_late() -> Result<(), Wrong> {
    equal("holds that are left at the deadline", LATE.load(Relaxed), 1)
}

fn let_go(hart: usize) {
    if hart == neighbour() {
        if hart != leader() {
            park::nap(5);
        }
        LET_GO.store(true, Relaxed);
        give_back(&HELD, hart);
    }
    if hart == leader() {
        let ended = HELD.wait_until(after_ms(DRAIN_MS)).is_ok();
        WAITED.store(ended && LET_GO.load(Relaxed), Relaxed);
    }
}

fn wait_has_ended() -> Result<(), Wrong> {
    equal("waits that ended, and not before the release", usize::from(WAITED.load(Relaxed)), 1)
}

fn harts_were_woken() -> Result<(), Wrong> {
    let some = usize::from(park::wake_ups() > 0);
    equal("machines with wake-ups, if there is a second hart", some, usize::from(count() > 1))
}
