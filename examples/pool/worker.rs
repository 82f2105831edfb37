//! What each core does with the objects, and what it counts.

use core::sync::atomic::{AtomicUsize, Ordering};
use machine::arch::{cpu, time};
use machine::smp::cores;
use machine::smp::protection::{Sleep, ThisCore};
use machine::testing::canary::Canary;
use rundown::{Pooled, PooledRundownRef, Rundown, RundownGuard, SlotPool};
use spin::RwLock;

/// Objects that are taken all the time.
pub const OBJECTS: usize = 1_000;
/// Drains of all cores together, each with a give-back and a take.
const DRAINS: usize = 50_000;
/// Pairs between two drains of a core. It holds another object meanwhile.
const PAIRS: usize = 16;
/// How long a drain may take.
const DEADLINE_MS: u64 = 10_000;

/// The pool, which grows.
pub type Pool<'m> = SlotPool<'m, ThisCore, Sleep>;
type Object = PooledRundownRef<ThisCore, Sleep>;

/// Where an object is found, and what it protects.
pub struct Place<'p> {
    /// The object that is there now.
    pub object: RwLock<Pooled<'p, ThisCore, Sleep>>,
    /// What it protects.
    pub canary: Canary,
}

/// What a core has counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Acquires that were granted.
    pub granted: usize,
    /// Holds that were released.
    pub released: usize,
    /// Acquires that were refused.
    pub refused: usize,
    /// Drains, each with a give-back and a take.
    pub drains: usize,
    /// Drains that found a holder.
    pub waits: usize,
    /// Looks of holders that saw the poison.
    pub poison_seen: usize,
    /// Acquires that were granted between a drain and the give-back.
    pub granted_late: usize,
    /// Acquires that were refused of an object that was just taken.
    pub refused_early: usize,
}

/// Returns how many drains each core begins.
pub fn drains_of_each() -> usize {
    DRAINS.div_ceil(cores::count())
}

/// What one core does.
pub struct Worker<'a, 'p> {
    pool: &'p Pool<'p>,
    places: &'a [Place<'p>],
    core: usize,
    random: pct::Random,
    counts: Counts,
}

impl<'a, 'p> Worker<'a, 'p> {
    /// Uses, drains and replaces objects, from when all cores are `here`. Returns what it has counted.
    pub fn work(
        pool: &'p Pool<'p>,
        places: &'a [Place<'p>],
        here: &AtomicUsize,
        core: usize,
    ) -> Counts {
        let random = pct::Random::new(core as u64 + 1);
        let mut worker = Self { pool, places, core, random, counts: Counts::default() };
        worker.meet(here);
        for _ in 1..drains_of_each() {
            worker.use_some();
            worker.replace_one();
        }
        worker.counts
    }

    /// Drains the object of this core's first place while the core before holds it, as all cores do at once.
    fn meet(&mut self, here: &AtomicUsize) {
        let places = self.places;
        let (own, next) = (&places[self.core], &places[(self.core + 1) % cores::count()]);
        {
            let object = next.object.read();
            let guard = self.acquire(&object, next);
            here.fetch_add(1, Ordering::Relaxed); // Relaxed: it is only counted
            while here.load(Ordering::Relaxed) < cores::count() {
                cpu::give_way();
            }
            self.begin_drain(own);
            while object.outstanding().is_none() {
                cpu::give_way();
            }
            if let Some(guard) = guard {
                self.release(guard, next);
            }
        }
        self.replace(own);
    }

    /// Acquires and releases at random, and holds an object all the while.
    fn use_some(&mut self) {
        let place = self.any();
        let object = place.object.read();
        let Some(kept) = self.acquire(&object, place) else { return };
        for _ in 0..PAIRS {
            let place = self.any();
            let object = place.object.read();
            let guard = self.acquire(&object, place);
            if let Some(guard) = guard {
                self.release(guard, place);
            }
        }
        self.release(kept, place);
    }

    /// Returns a place: one in two times the first of some core, where most drains are.
    fn any(&mut self) -> &'a Place<'p> {
        let places = if self.random.below(2) == 0 { cores::count() } else { OBJECTS };
        &self.places[self.random.below(places as u64) as usize]
    }

    fn acquire<'o>(
        &mut self,
        object: &'o Object,
        place: &Place<'_>,
    ) -> Option<RundownGuard<'o, Object>> {
        let guard = object.try_acquire().ok();
        self.counts.granted += usize::from(guard.is_some());
        self.counts.refused += usize::from(guard.is_none());
        self.counts.poison_seen += usize::from(guard.is_some() && !place.canary.is_alive());
        guard
    }

    fn release(&mut self, guard: RundownGuard<'_, Object>, place: &Place<'_>) {
        self.counts.poison_seen += usize::from(!place.canary.is_alive());
        drop(guard);
        self.counts.released += 1;
    }

    /// Drains the object of a place that is this core's, and puts another one there.
    fn replace_one(&mut self) {
        let own = (OBJECTS - self.core).div_ceil(cores::count()) as u64;
        let nth = if self.random.below(2) == 0 { 0 } else { self.random.below(own) as usize };
        let place = &self.places[self.core + nth * cores::count()];
        self.begin_drain(place);
        self.replace(place);
    }

    fn begin_drain(&mut self, place: &Place<'_>) {
        self.counts.waits += usize::from(!place.object.read().begin_run_down());
    }

    /// Waits for the end of a drain that this core has begun, and replaces the object.
    fn replace(&mut self, place: &Place<'p>) {
        let object = place.object.read();
        if let Err(error) = object.wait_until(time::after_ms(DEADLINE_MS)) {
            panic!("core {}: a drain did not end in time: {error}", self.core);
        }
        place.canary.poison();
        self.counts.granted_late += usize::from(object.try_acquire().is_ok());
        drop(object);
        let taken = self.pool.take().unwrap_or_else(|error| panic!("{error}"));
        self.counts.refused_early += usize::from(taken.try_acquire().is_err());
        let mut object = place.object.write();
        place.canary.revive();
        *object = taken;
        self.counts.drains += 1;
    }
}
