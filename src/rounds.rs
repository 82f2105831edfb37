//! A round: every core uses one object as hard as it can, until one of them runs it down.
//!
//! Nothing here is asserted while it runs. Every core counts what it did in its own cache line, and
//! the counts are checked afterwards.

use crate::ktap::{self, equal, holds};
use crate::park::Sleep;
use crate::{cores, jobs, time, timer};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};
use rundown::{CacheAwareRundownRef, CacheLine, CurrentSlot, Rundown, RundownGuard};
use spin::{Mutex, Once};

/// Pairs of acquire and release that each core has done, at least, when the drain starts.
pub const PAIRS: u64 = 100_000;
/// Every so many grants, a guard goes to the next core.
const HAND_OVER_EVERY: u64 = 64;
/// Every so many grants, a guard is kept while the next ones come and go: a slow user.
const KEEP_EVERY: u64 = 1_000;
/// Tries to acquire, a core, after the drain.
const REFUSALS: u64 = 1_000;
/// How long a drain may take.
const DRAIN_DEADLINE_MS: u64 = 20_000;

/// The slot of the calling core is its index.
#[derive(Debug)]
pub struct ThisCore;

impl CurrentSlot for ThisCore {
    fn current_slot() -> usize {
        cores::this_index()
    }
}

/// The run-down object of this kernel: a slot a core, waiters sleep.
pub type Object = CacheAwareRundownRef<ThisCore, Sleep>;
/// A hold on one.
pub type Guard = RundownGuard<'static, Object>;

/// What the object protects. Alive until its owner has drained the object, then poisoned.
struct Payload(UnsafeCell<[u64; 8]>);

// SAFETY: read by holders, written by the owner while there are none; whether that holds is just
// what the rounds test. Accesses are volatile, so a violation is seen, not optimised away.
unsafe impl Sync for Payload {}

const ALIVE: u64 = 0x11fe_11fe_11fe_11fe;
const POISON: u64 = 0xdead_dead_dead_dead;

impl Payload {
    fn fill(&self, value: u64) {
        for word in 0..8 {
            // SAFETY: inside the array; for the race see above.
            unsafe { self.0.get().cast::<u64>().add(word).write_volatile(value) };
        }
    }

    fn is_alive(&self) -> bool {
        // SAFETY: inside the array; for the race see above.
        (0..8).all(|word| unsafe { self.0.get().cast::<u64>().add(word).read_volatile() == ALIVE })
    }
}

/// What one core has counted. Written by that core alone.
#[derive(Debug, Default)]
pub struct Tally {
    granted: AtomicU64,
    released: AtomicU64,
    refused: AtomicU64,
    given: AtomicU64,
    received: AtomicU64,
    poison_seen: AtomicU64,
}

/// A core's counts after a round.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Acquires that were granted.
    pub granted: u64,
    /// Releases made on this core.
    pub released: u64,
    /// Acquires that were refused.
    pub refused: u64,
    /// Guards handed to the next core, which released them.
    pub given: u64,
    /// Guards taken over from another core and released here: they have migrated.
    pub received: u64,
    /// Looks at the protected object that found it poisoned.
    pub poison_seen: u64,
}

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
    object: Box<Object>,
    payload: Payload,
    tallies: Vec<CacheLine<Tally>>,
    inboxes: Vec<CacheLine<Mutex<Option<Guard>>>>,
    drain: Mutex<Drain>,
}

static ROUNDS: Once<Rounds> = Once::new();

/// Makes the object, with a slot for each core that is up.
pub fn prepare() -> &'static Rounds {
    let cores = cores::count();
    ROUNDS.call_once(|| Rounds {
        object: Object::boxed(cores).unwrap_or_else(|error| panic!("{error}")),
        payload: Payload(UnsafeCell::new([ALIVE; 8])),
        tallies: (0..cores).map(|_| CacheLine::default()).collect(),
        inboxes: (0..cores).map(|_| CacheLine(Mutex::new(None))).collect(),
        drain: Mutex::new(Drain::default()),
    })
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
        jobs::run(&|core| self.work(core));
        for (core, counts) in self.counts().iter().enumerate() {
            holds(
                format!("core {core} did {} pairs, at least {PAIRS}", counts.granted),
                counts.granted >= PAIRS,
            )?;
        }
        holds("the object is run down", self.object.is_run_down())
    }

    /// What each core does: acquire and release until it is refused.
    fn work(&'static self, core: usize) {
        let mut counts = Counts::default();
        let mut kept = None;
        let last = self.tallies.len() - 1;
        loop {
            let Ok(guard) = self.object.try_acquire() else {
                counts.refused += 1;
                break;
            };
            counts.granted += 1;
            self.look(&mut counts);
            if counts.granted.is_multiple_of(KEEP_EVERY) {
                counts.released += u64::from(kept.replace(guard).is_some());
            } else if counts.granted.is_multiple_of(HAND_OVER_EVERY) && last > 0 {
                self.hand_over(core, guard, &mut counts);
                self.take_over(core, &mut counts);
            } else {
                self.look(&mut counts);
                drop(guard);
                counts.released += 1;
            }
            if counts.granted.is_multiple_of(HAND_OVER_EVERY) {
                self.tallies[core].0.write(&counts);
                if core == 0 && last > 0 && self.all_have_done_their_pairs() {
                    break;
                }
                if last == 0 && counts.granted == PAIRS.next_multiple_of(HAND_OVER_EVERY) {
                    // Alone: an interrupt starts the drain, in the middle of whatever we do then.
                    timer::ring_at(time::now() + time::frequency() / 10_000, || {
                        prepare().start_drain();
                    });
                }
            }
        }
        let start = time::now();
        if core == 0 && last > 0 {
            self.start_drain();
        }
        self.look(&mut counts);
        counts.released += u64::from(kept.take().is_some());
        self.take_back(core, &mut counts);
        self.take_over(core, &mut counts);
        if core == 0 {
            self.finish_drain(start);
            counts.refused += u64::from(self.object.try_acquire().is_err());
        }
        self.tallies[core].0.write(&counts);
    }

    /// Looks at the protected object, as a user would. The caller holds it.
    fn look(&self, counts: &mut Counts) {
        counts.poison_seen += u64::from(!self.payload.is_alive());
    }

    fn all_have_done_their_pairs(&self) -> bool {
        self.tallies.iter().all(|CacheLine(tally)| tally.granted.load(Ordering::Relaxed) >= PAIRS)
    }

    fn next(&self, core: usize) -> usize {
        (core + 1) % self.inboxes.len()
    }

    /// Puts a guard in the next core's inbox, or releases it if that is not empty.
    fn hand_over(&self, core: usize, guard: Guard, counts: &mut Counts) {
        match self.inboxes[self.next(core)].0.try_lock() {
            Some(mut inbox) if inbox.is_none() => {
                *inbox = Some(guard);
                counts.given += 1;
            }
            _ => {
                drop(guard);
                counts.released += 1;
            }
        }
    }

    /// Releases on this core what another has handed over.
    fn take_over(&self, core: usize, counts: &mut Counts) {
        let guard = self.inboxes[core].0.try_lock().and_then(|mut inbox| inbox.take());
        if guard.is_some() {
            self.look(counts);
            drop(guard);
            counts.released += 1;
            counts.received += 1;
        }
    }

    /// Takes back what the next core has not taken over: nobody else puts anything there, so after
    /// this nothing of ours is left.
    fn take_back(&self, core: usize, counts: &mut Counts) {
        if self.inboxes[self.next(core)].0.lock().take().is_some() {
            counts.given -= 1;
            counts.released += 1;
        }
    }

    fn start_drain(&self) {
        self.object.begin_run_down();
        let holders_found = self.object.outstanding().unwrap_or(0);
        *self.drain.lock() = Drain { holders_found, ticks: 0 };
    }

    /// Waits for the last holder, and poisons the object at once.
    fn finish_drain(&self, start: u64) {
        if let Err(error) = self.object.wait_until(time::after_ms(DRAIN_DEADLINE_MS)) {
            panic!("the drain did not end within {DRAIN_DEADLINE_MS} ms: {error}");
        }
        self.payload.fill(POISON);
        self.drain.lock().ticks = time::now() - start;
    }

    /// Has every core try again: all refused, and not one slot changed.
    pub fn refuse(&'static self) -> ktap::Result {
        let before = self.slot_words();
        jobs::run(&|core| {
            let refused = (0..REFUSALS).filter(|_| self.object.try_acquire().is_err()).count();
            self.tallies[core].0.refused.fetch_add(refused as u64, Ordering::Relaxed);
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
        self.payload.fill(ALIVE);
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

impl Tally {
    fn parts(&self) -> [&AtomicU64; 6] {
        let Self { granted, released, refused, given, received, poison_seen } = self;
        [granted, released, refused, given, received, poison_seen]
    }

    fn write(&self, counts: &Counts) {
        let Counts { granted, released, refused, given, received, poison_seen } = *counts;
        for (part, value) in
            self.parts().into_iter().zip([granted, released, refused, given, received, poison_seen])
        {
            part.store(value, Ordering::Relaxed);
        }
    }

    fn read(&self) -> Counts {
        let [granted, released, refused, given, received, poison_seen] =
            self.parts().map(|part| part.load(Ordering::Relaxed));
        Counts { granted, released, refused, given, received, poison_seen }
    }
}
