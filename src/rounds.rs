//! A round: every core uses one object as hard as it can, until one of them runs it down.
//!
//! Nothing here is asserted while it runs. Every core counts what it did in its own cache line, and
//! the counts are checked afterwards.

use crate::ktap::{self, equal, holds};
use crate::park::Sleep;
use crate::payload::Payload;
use crate::tally::{Counts, Tally};
use crate::worker::{PAIRS, Worker};
use crate::{cores, jobs, park, scope, time};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use rundown::{CacheAwareRundownRef, CacheLine, CurrentSlot, Rundown, RundownGuard};
use spin::{Mutex, Once};

/// Tries to acquire, a core, after the drain.
const REFUSALS: u64 = 1_000;
/// The slot of the calling core is its index.
#[derive(Debug)]
pub struct ThisCore;

impl CurrentSlot for ThisCore {
    #[inline]
    fn current_slot() -> usize {
        cores::this_index()
    }
}

/// The run-down object of this kernel: a slot a core, waiters sleep.
pub type Object = CacheAwareRundownRef<ThisCore, Sleep>;
/// A hold on one.
pub type Guard = RundownGuard<'static, Object>;

/// What a drain was like.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drain {
    /// Holders right after all slots were marked.
    pub holders_found: usize,
    /// From the start of the drain to the last release, in ticks.
    pub ticks: u64,
}

/// The object, what it protects, and each core's counts and inbox.
pub struct Rounds {
    pub(crate) object: Box<Object>,
    pub(crate) payload: Payload,
    pub(crate) tallies: Vec<CacheLine<Tally>>,
    /// Guards on their way to the core with this index, at most one each.
    pub(crate) inboxes: Vec<CacheLine<Mutex<Option<Guard>>>>,
    everyone_done: CacheLine<AtomicBool>,
    drain: Mutex<Drain>,
    /// Which round this is, from 1.
    number: AtomicU16,
}

static ROUNDS: Once<Rounds> = Once::new();

/// Makes the object, with a slot for each core that is up.
pub fn prepare() -> &'static Rounds {
    let cores = cores::count();
    ROUNDS.call_once(|| Rounds {
        object: Object::boxed(cores).unwrap_or_else(|error| panic!("{error}")),
        payload: Payload::new(),
        tallies: (0..cores).map(|_| CacheLine::default()).collect(),
        inboxes: (0..cores).map(|_| CacheLine(Mutex::new(None))).collect(),
        everyone_done: CacheLine::default(),
        drain: Mutex::new(Drain::default()),
        number: AtomicU16::new(0),
    })
}

/// Starts the drain from an interrupt, for a machine with a single core.
pub(crate) fn alarm_starts_drain() {
    prepare().start_drain();
}

impl Rounds {
    /// The run-down object.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// What the last drain was like.
    pub fn drain(&self) -> Drain {
        *self.drain.lock()
    }

    /// Every core's counts of the last round.
    pub fn counts(&self) -> Vec<Counts> {
        self.tallies.iter().map(|CacheLine(tally)| tally.read()).collect()
    }

    /// Runs a round: all cores at once, core 0 starts the drain when each has done its pairs.
    pub fn run(&'static self) -> ktap::Result {
        self.everyone_done.0.store(false, Ordering::Relaxed);
        self.tell_the_plugin();
        jobs::run(&|core| Worker::work(self, core));
        for (core, counts) in self.counts().iter().enumerate() {
            holds(
                format!("core {core} did {} pairs, at least {PAIRS}", counts.granted),
                counts.granted >= PAIRS,
            )?;
        }
        holds("the object is run down", self.object.is_run_down())
    }

    /// Has cachescope, if it is there, count what the next round does to the object.
    fn tell_the_plugin(&self) {
        let number = self.number.load(Ordering::Relaxed) + 1;
        self.number.store(number, Ordering::Relaxed);
        let slot = |slot| self.object.slot_address(slot).cast::<CacheLine<u8>>();
        let shared = ptr::from_ref(self.object()).cast::<CacheLine<u8>>();
        scope::watch("shared", shared..shared.wrapping_add(1), 0);
        let last = slot(self.object.slot_count() - 1);
        scope::watch("slot", slot(0)..last.wrapping_add(1), rundown::CACHE_LINE);
        let [pairs, drain] = self.phases();
        scope::name(pairs, &format!("pairs {number}"));
        scope::name(drain, &format!("drain {number}"));
        scope::cold();
    }

    /// This round's phases: the pairs that every core does, all of them before the drain; and the rest.
    pub(crate) fn phases(&self) -> [u16; 2] {
        let number = self.number.load(Ordering::Relaxed);
        [2 * number - 1, 2 * number]
    }

    /// The core that has done the fewest pairs, and how many.
    pub(crate) fn slowest(&self) -> (usize, u64) {
        let granted = self.tallies.iter().map(|CacheLine(tally)| tally.read().granted);
        granted.enumerate().min_by_key(|&(_, granted)| granted).unwrap_or_default()
    }

    /// The address to wait at until [`slowest`](Self::slowest) has changed.
    pub(crate) fn slowest_changes(&self) -> *const () {
        self.tallies.as_ptr().cast()
    }

    /// Lets every core run at full speed into the drain.
    pub(crate) fn announce_everyone_done(&self) {
        self.everyone_done.0.store(true, Ordering::Relaxed);
        park::wake(ptr::from_ref(&self.everyone_done).cast());
    }

    /// Sleeps until every core has done its pairs, or until `deadline`. Returns which.
    pub(crate) fn wait_for_everyone(&self, deadline: u64) -> bool {
        let done = || self.everyone_done.0.load(Ordering::Relaxed);
        park::wait(ptr::from_ref(&self.everyone_done).cast(), done, deadline)
    }

    /// Sleeps until the drain has started, or until `deadline`.
    pub(crate) fn wait_for_drain(&self, deadline: u64) {
        let started = || self.object.outstanding().is_some();
        park::wait(ptr::from_ref(&self.everyone_done).cast(), started, deadline);
    }

    pub(crate) fn start_drain(&self) {
        self.object.begin_run_down();
        let holders_found = self.object.outstanding().unwrap_or(0);
        park::wake(ptr::from_ref(&self.everyone_done).cast());
        *self.drain.lock() = Drain { holders_found, ticks: 0 };
    }

    /// Waits for the last holder, and poisons the object at once.
    pub(crate) fn finish_drain(&self, start: u64, deadline: u64) {
        if let Err(error) = self.object.wait_until(deadline) {
            panic!("the drain did not end in time: {error}");
        }
        self.payload.poison();
        self.drain.lock().ticks = time::now() - start;
    }

    /// Poisons the object without a drain: to test that holders would notice.
    pub fn poison_now(&self) {
        self.payload.poison();
    }

    /// Has every core try again: all refused, and not one slot changed.
    pub fn refuse(&'static self) -> ktap::Result {
        let before = self.slot_words();
        jobs::run(&|core| {
            let refused = (0..REFUSALS).filter(|_| self.object.try_acquire().is_err()).count();
            let mut counts = self.tallies[core].0.read();
            counts.refused += refused as u64;
            self.tallies[core].0.write(&counts);
        });
        for (core, counts) in self.counts().iter().enumerate() {
            equal(format!("core {core}, refused"), counts.refused, REFUSALS + 1)?;
        }
        holds("no refused acquire has written to a slot", self.slot_words() == before)
    }

    fn slot_words(&self) -> Vec<usize> {
        let words = (0..self.object.slot_count()).map(|slot| self.object.slot_address(slot));
        // SAFETY: a slot is one word; nobody writes to it now, as `refuse` is about to show.
        words.map(|word| unsafe { word.cast::<usize>().read_volatile() }).collect()
    }

    /// Checks that what was granted was released, to the last one.
    pub fn balance(&self) -> ktap::Result {
        let all = self.counts();
        for (core, counts) in all.iter().enumerate() {
            equal(
                format!("core {core}, released = granted - given + received"),
                counts.released,
                counts.granted - counts.given + counts.received,
            )?;
        }
        let sum = |part: fn(&Counts) -> u64| all.iter().map(part).sum::<u64>();
        equal("in sum, given = received", sum(|c| c.given), sum(|c| c.received))?;
        equal("in sum, released = granted", sum(|c| c.released), sum(|c| c.granted))
    }

    /// Checks that the protected object was alive whenever a holder looked.
    pub fn no_poison_seen(&self) -> ktap::Result {
        for (core, counts) in self.counts().iter().enumerate() {
            equal(format!("core {core}, looks that saw the poison"), counts.poison_seen, 0)?;
        }
        holds("the owner has poisoned the object", !self.payload.is_alive())
    }

    /// Makes the object and its payload live again, and runs and checks a whole round.
    pub fn again(&'static self) -> ktap::Result {
        self.payload.revive();
        self.tallies.iter().for_each(|CacheLine(tally)| tally.write(&Counts::default()));
        self.object.reinitialize().map_err(|error| format!("{error}"))?;
        holds("a second re-initialisation is refused", self.object.reinitialize().is_err())?;
        self.run()?;
        self.refuse()?;
        self.balance()?;
        self.no_poison_seen()
    }

    /// Checks that each slot has cache lines of its own.
    pub fn slots_apart(&self) -> ktap::Result {
        let line = crate::cache::granule().max(rundown::CACHE_LINE);
        let shared = ptr::from_ref(self.object()).cast::<()>().addr() / line;
        let mut lines: Vec<usize> = (0..self.object.slot_count())
            .map(|slot| self.object.slot_address(slot).addr() / line)
            .chain([shared])
            .collect();
        lines.sort_unstable();
        lines.dedup();
        equal("different lines", lines.len(), self.object.slot_count() + 1)
    }
}
