//! What the cores share in a round: the run-down object and each core's counters.

use crate::demo::counters::{Counters, Counts};
use crate::demo::memory::Owner;
use crate::demo::object::{self, Guard};
use alloc::vec::Vec;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use machine::arch::time;
use machine::smp::protection::HOW_TO_SEE_WHO;
use machine::smp::{cores, park};
use machine::testing::canary::Canary;
use rundown::{CacheLine, Rundown};
use spin::{Mutex, Once};

/// Pairs a core, on up to 64 cores.
const PAIRS: u64 = 100_000;
/// Pairs of all cores together, at most: beyond 64 cores each does fewer, so that a round takes as long.
const MOST_PAIRS: u64 = 64 * PAIRS;

/// What a drain was like.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drain {
    /// Holders right after all slots were marked.
    pub holders_found: usize,
    /// From the start of the drain to the last release, in ticks.
    pub ticks: u64,
}

/// The object, what it protects, and each core's counters and inbox.
pub struct Shared {
    /// The run-down object, with a slot for each core.
    pub object: Owner,
    /// What it protects.
    pub canary: Canary,
    /// What each core has counted, on a line of its own.
    pub counters: Vec<CacheLine<Counters>>,
    /// Guards on their way to the core with this index, at most one each.
    pub inboxes: Vec<CacheLine<Mutex<Option<Guard>>>>,
    /// Pairs of acquire and release that each core does, at least, before the drain starts.
    pub pairs: u64,
    /// Cores that have done them.
    done: CacheLine<AtomicUsize>,
    everyone_done: CacheLine<AtomicBool>,
    drain: Mutex<Drain>,
    /// Which round this is, from 1.
    number: AtomicU16,
}

static SHARED: Once<Shared> = Once::new();

/// Returns what the cores share, with a slot for each core that is up. Makes it at the first call.
pub fn prepare() -> &'static Shared {
    SHARED.call_once(|| Shared::new(cores::count()))
}

impl Shared {
    /// Makes what so many cores share.
    pub fn new(cores: usize) -> Self {
        Self {
            object: object::object(cores),
            canary: Canary::new(),
            counters: (0..cores).map(|_| CacheLine::default()).collect(),
            inboxes: (0..cores).map(|_| CacheLine(Mutex::new(None))).collect(),
            pairs: PAIRS.min(MOST_PAIRS / cores as u64),
            done: CacheLine::default(),
            everyone_done: CacheLine::default(),
            drain: Mutex::new(Drain::default()),
            number: AtomicU16::new(0),
        }
    }

    /// Starts the next round. Returns its number, from 1.
    pub fn next_round(&self) -> u16 {
        let number = self.number.load(Ordering::Relaxed) + 1;
        self.number.store(number, Ordering::Relaxed);
        self.done.0.store(0, Ordering::Relaxed);
        self.everyone_done.0.store(false, Ordering::Relaxed);
        number
    }

    /// Returns this round's phases: the pairs that every core does before the drain, and the rest.
    pub fn phases(&self) -> [u16; 2] {
        let number = self.number.load(Ordering::Relaxed);
        [2 * number - 1, 2 * number]
    }

    /// Returns every core's counts of the last round.
    pub fn counts(&self) -> Vec<Counts> {
        self.counters.iter().map(|CacheLine(counters)| counters.read()).collect()
    }

    /// Returns the core that has done the fewest pairs, and how many.
    pub fn slowest(&self) -> (usize, u64) {
        let granted = self.counters.iter().map(|CacheLine(counters)| counters.read().granted);
        granted.enumerate().min_by_key(|&(_, granted)| granted).unwrap_or_default()
    }

    /// Says that the calling core has done its pairs. The last one wakes core 0.
    pub fn count_done(&self) {
        let CacheLine(done) = &self.done;
        // Relaxed, here and below: it is only counted, nothing is read because of it. What a core has
        // written in a round is read behind the end of its job, which orders it.
        if done.fetch_add(1, Ordering::Relaxed) + 1 == self.counters.len() {
            park::wake(ptr::from_ref(done).cast());
        }
    }

    /// Waits until every core has said that it has done its pairs, or until `deadline`. Returns which.
    pub fn wait_for_pairs(&self, deadline: u64) -> bool {
        let CacheLine(done) = &self.done;
        let all = || done.load(Ordering::Relaxed) == self.counters.len();
        park::wait(ptr::from_ref(done).cast(), all, deadline)
    }

    /// Lets every core run at full speed into the drain.
    pub fn announce_everyone_done(&self) {
        self.everyone_done.0.store(true, Ordering::Relaxed);
        park::wake(ptr::from_ref(&self.everyone_done).cast());
    }

    /// Waits until every core has done its pairs, or until `deadline`. Returns which.
    pub fn wait_for_everyone(&self, deadline: u64) -> bool {
        let done = || self.everyone_done.0.load(Ordering::Relaxed);
        park::wait(ptr::from_ref(&self.everyone_done).cast(), done, deadline)
    }

    /// Waits until the drain has started, or until `deadline`.
    pub fn wait_for_drain(&self, deadline: u64) {
        let started = || self.object.outstanding().is_some();
        park::wait(ptr::from_ref(&self.everyone_done).cast(), started, deadline);
    }

    /// Starts the drain: every acquire is refused from now on.
    pub fn start_drain(&self) {
        self.object.begin_run_down();
        let holders_found = self.object.outstanding().unwrap_or(0);
        park::wake(ptr::from_ref(&self.everyone_done).cast());
        *self.drain.lock() = Drain { holders_found, ticks: 0 };
    }

    /// Waits for the last holder, and poisons the canary at once. `start`: when the drain has started.
    pub fn finish_drain(&self, start: u64, deadline: u64) {
        if let Err(error) = self.object.wait_until(deadline) {
            panic!("the drain did not end in time: {error}{HOW_TO_SEE_WHO}");
        }
        self.canary.poison();
        self.drain.lock().ticks = time::now() - start;
    }

    /// Returns what the last drain was like.
    pub fn drain(&self) -> Drain {
        *self.drain.lock()
    }
}
