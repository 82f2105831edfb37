//! One round: what all who take part in it share, and what must hold at its end.

use crate::counts::{Counts, What};
use crate::plan::{MOST_CORES, Plan};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;
use core::mem;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use machine::arch::interrupt_mask::without_interrupts;
use machine::arch::time;
use machine::smp::protection::{Sleep, ThisCore, slot_words};
use machine::testing::canary::Canary;
use machine::testing::ktap::{self, equal, holds};
use rundown::{
    AcquireError, CacheAwareRundownRef, Protected, ProtectedGuard, Rundown, RundownGuard,
    RundownRef,
};
use spin::Mutex;

/// The object under test.
pub type Object = CacheAwareRundownRef<ThisCore, Sleep>;
/// A hold, or several, on it.
pub type Guard<'a> = RundownGuard<'a, Object>;

/// What a place protects: words that are all the same.
pub type Value = Box<[u64; 8]>;

/// How long a wait may take whose run-down ends: far longer than it does, also on a busy host. One that ends
/// by it has slept on, because nobody has woken it.
pub const PATIENCE_MS: u64 = 15_000;

/// A round that is under way.
pub struct Round {
    /// What it is made of.
    pub plan: Plan,
    /// The object under test.
    pub object: Box<Object>,
    /// A value under protection of its own.
    pub place: Protected<Value, RundownRef<Sleep>>,
    /// What the object protects; the leader poisons it while the object is run down.
    pub canary: Canary,
    /// Everybody is to come to an end.
    pub stop: AtomicBool,
    /// All are to wait for the run-down that comes, asleep.
    pub muster: AtomicBool,
    /// How many do, or are about to.
    pub asleep: AtomicUsize,
    /// A core is to come to an end, as it is to go off.
    pub leave: [AtomicBool; MOST_CORES],
    /// Holds that wait for whoever takes them, of each core.
    pub given: [AtomicUsize; MOST_CORES],
    /// How often each core has begun to take part, in its code and in handlers.
    pub entries: [AtomicUsize; MOST_CORES],
    /// What each core has done.
    pub counts: [Counts; MOST_CORES],
    failure: Mutex<Option<String>>,
}

impl Round {
    /// Makes a round.
    pub fn new(plan: Plan) -> Box<Round> {
        let object = Object::boxed(plan.slots).unwrap_or_else(|error| panic!("{error}"));
        Box::new(Round {
            plan,
            object,
            place: Protected::new(RundownRef::with_park(), Box::new([0; 8])),
            canary: Canary::new(),
            stop: AtomicBool::new(false),
            muster: AtomicBool::new(false),
            asleep: AtomicUsize::new(0),
            leave: [const { AtomicBool::new(false) }; MOST_CORES],
            given: [const { AtomicUsize::new(0) }; MOST_CORES],
            entries: [const { AtomicUsize::new(0) }; MOST_CORES],
            counts: [const { Counts::new() }; MOST_CORES],
            failure: Mutex::new(None),
        })
    }

    /// Remembers the first thing that went wrong.
    pub fn fail(&self, seen: fmt::Arguments<'_>) {
        without_interrupts(|| _ = self.failure.lock().get_or_insert_with(|| seen.to_string()));
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Fails unless something holds.
    pub fn want(&self, condition: bool, what: fmt::Arguments<'_>) {
        if !condition {
            self.fail(what);
        }
    }

    /// Acquires `count` holds, counts what came of it, and looks at what they protect.
    pub fn acquire(&self, core: usize, count: usize) -> Option<Guard<'_>> {
        let counts = &self.counts[core];
        match self.object.try_acquire_n(count) {
            Ok(guard) => {
                counts.add(What::Acquires, 1);
                counts.add(What::Taken, count as u64);
                self.want(
                    guard.count() == count,
                    format_args!("{} holds of {count}", guard.count()),
                );
                self.look(core);
                Some(guard)
            }
            Err(AcquireError::RunDown) => {
                counts.add(What::Refusals, 1);
                None
            }
            Err(error) => {
                self.fail(format_args!("core {core} asks for {count} holds: {error}"));
                None
            }
        }
    }

    /// Looks at the protected object, as a holder may.
    pub fn look(&self, core: usize) {
        let alive = self.canary.is_alive();
        self.want(alive, format_args!("core {core} holds the object and sees the poison"));
    }

    /// Releases a guard, which must see no poison until then; if all was split off, it protects nothing.
    pub fn release(&self, core: usize, guard: Guard<'_>) {
        if guard.count() > 0 {
            self.look(core);
        }
        self.counts[core].add(What::Released, guard.count() as u64);
        drop(guard);
    }

    /// Gives holds to whoever takes them from the place of the core `to`.
    pub fn give(&self, guard: Guard<'_>, to: usize) {
        self.given[to].fetch_add(guard.leak(), Ordering::AcqRel);
    }

    /// Takes what lies in the place of the core `from`.
    pub fn take(&self, core: usize, from: usize) -> Option<Guard<'_>> {
        let count = self.given[from].swap(0, Ordering::AcqRel);
        (count > 0).then(|| {
            self.counts[core].add(What::Migrations, 1);
            // SAFETY: these holds were leaked in `give`, and the exchange gives each to one taker.
            unsafe { RundownGuard::adopt(&*self.object, count) }
        })
    }

    /// Releases whatever lies anywhere: a run-down waits for it.
    pub fn sweep_up(&self, core: usize) {
        for from in 0..MOST_CORES {
            if let Some(guard) = self.take(core, from) {
                self.release(core, guard);
            }
        }
    }

    /// Waits for the run-down, which must end and wake us.
    pub fn wait(&self, core: usize) -> bool {
        let deadline = time::after_ms(PATIENCE_MS);
        match self.object.wait_until(deadline) {
            Ok(()) if time::now() < deadline => return true,
            Ok(()) => self.fail(format_args!("core {core} sleeps on: nobody has woken it")),
            Err(late) => self.fail(format_args!("core {core} waits for ever: {late}")),
        }
        false
    }

    /// Looks at the value in the place, as one who has borrowed it may.
    pub fn look_at_value(&self, core: usize, value: &ProtectedGuard<'_, Value, RundownRef<Sleep>>) {
        let whole = value.iter().all(|word| *word == value[0] && *word < self.plan.cycles << 32);
        self.want(whole, format_args!("core {core} has borrowed {:x?}", **value));
    }

    /// Puts another value in the place of one that was taken out.
    pub fn replace(&self, core: usize, mut value: Value) {
        let whole = value.iter().all(|word| *word == value[0]);
        self.want(whole, format_args!("core {core} has taken out {value:x?}"));
        let next = value[0] + 1;
        value.fill(u64::MAX); // whoever still reads it sees that
        drop(value);
        let put = self.place.put(Box::new([next; 8]));
        self.want(put.is_ok(), format_args!("core {core}: the place is full after it was emptied"));
        self.counts[core].add(What::Replaced, 1);
    }

    /// Checks what must hold when nobody takes part any more, and adds the counts to `totals`.
    pub fn end(self: Box<Self>, totals: &Counts) -> ktap::Result {
        let result = self.check(totals);
        match &result {
            Ok(()) => drop(self), // checks once more
            // An object that is held panics at its drop, which would hide what was seen.
            Err(_) => mem::forget(self),
        }
        result
    }

    fn check(&self, totals: &Counts) -> ktap::Result {
        self.sweep_up(0);
        let sum = Counts::new();
        self.counts.iter().for_each(|counts| sum.add_all(counts));
        totals.add_all(&sum);
        if let Some(seen) = self.failure.lock().take() {
            return Err(seen);
        }
        equal("holds released, of those taken", sum.get(What::Released), sum.get(What::Taken))?;
        let object = &*self.object;
        equal("holds that are left", object.outstanding(), Some(0))?;
        holds("run down", object.is_run_down() && object.completed().is_ok())?;
        holds("a run-down that has ended does not begin again", object.begin_run_down())?;
        equal("open slots", slot_words(object).filter(|word| word & 1 == 0).count(), 0)?;
        equal("an acquire", object.try_acquire().map(drop), Err(AcquireError::RunDown))?;
        object.reinitialize().map_err(|error| error.to_string())?;
        equal("slots that are not zero", slot_words(object).filter(|word| *word != 0).count(), 0)?;
        let guard = object.try_acquire_n(3).map_err(|error| error.to_string())?;
        equal("slots, of three holds", slot_words(object).fold(0, usize::wrapping_add), 6)?;
        drop(guard);
        let value = self.place.run_down().ok_or("the value in the place is lost")?;
        equal("values put in", value[0], sum.get(What::Replaced))?;
        holds("the last of them is whole", value.iter().all(|word| *word == value[0]))?;
        totals.add(What::Rounds, 1);
        Ok(())
    }
}
