//! What a scenario consists of, and one run of it.
//!
//! A scenario runs once for each seed. It takes a few hundred instructions a core, so that the
//! scheduler can lead it through very different interleavings.

use crate::races::page::{self, Object};
use crate::schedule::turns;
use crate::schedule::{note, plugin, scheduler};
use alloc::string::{String, ToString};
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use machine::arch::interrupt_mask::without_interrupts;
use machine::arch::time;
use machine::smp::jobs;
use machine::smp::protection::slot_words;
use machine::testing::canary::Canary;
use machine::testing::ktap::{self, equal, holds};
use rundown::Rundown;
use spin::Mutex;

/// A race to explore.
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What races with what.
    pub about: &'static str,
    /// Fewest cores that it needs.
    pub fewest: usize,
    /// How many slots the object has, for so many cores.
    pub slots: fn(usize) -> usize,
    /// Brings everything to the start. On core 0 alone.
    pub set_up: fn(&Run),
    /// What each core does.
    pub work: fn(&Run),
    /// Looks at what came of it. On core 0 alone.
    pub check: fn(&Run) -> ktap::Result,
}

/// One run of a scenario, as one of its cores sees it.
pub struct Run {
    /// The core.
    pub core: usize,
    /// How many cores take part.
    pub cores: usize,
    /// The object under test.
    pub object: &'static Object,
}

/// What the object protects.
pub static CANARY: Canary = Canary::new();
/// Holds that were granted, of all cores.
pub static GRANTED: AtomicU64 = AtomicU64::new(0);
/// Holds that were released.
pub static RELEASED: AtomicU64 = AtomicU64::new(0);
static FAILURE: Mutex<Option<String>> = Mutex::new(None);

impl Scenario {
    /// Runs it once on `cores` cores, under the schedule that `seed` names. It is the same run whatever
    /// ran before it in the same boot (docs/guide/schedules.md, "Why a replay is exact").
    pub fn run(&self, seed: u64, cores: usize) -> ktap::Result {
        CANARY.revive();
        [&GRANTED, &RELEASED].iter().for_each(|count| count.store(0, Ordering::Relaxed));
        *FAILURE.lock() = None;
        let object = page::renew(0, (self.slots)(cores));
        scheduler::prepare(seed, cores);
        let run = |core| Run { core, cores, object };
        (self.set_up)(&run(0));
        if plugin::chooses() {
            page::watch();
        }
        jobs::run_on(&|core| core < cores, &|core| {
            scheduler::enter();
            (self.work)(&run(core));
            scheduler::leave();
        });
        scheduler::finish();
        match FAILURE.lock().take() {
            Some(seen) => Err(seen),
            None => (self.check)(&run(0)),
        }
    }
}

impl Run {
    /// Acquires, looks at what the object protects, and releases. Returns whether it was granted.
    pub fn use_once(&self) -> bool {
        let Ok(guard) = self.object.try_acquire() else {
            note!("was refused");
            return false;
        };
        GRANTED.fetch_add(1, Ordering::Relaxed);
        note!("was granted a hold");
        self.look();
        drop(guard);
        RELEASED.fetch_add(1, Ordering::Relaxed);
        note!("has released its hold");
        true
    }

    /// Looks at the protected object, as a holder may.
    pub fn look(&self) {
        if !CANARY.is_alive() {
            self.fail(format_args!("core {} holds the object and sees the poison", self.core));
        }
    }

    /// Waits for the run-down. Returns whether it came.
    pub fn wait(&self) -> bool {
        let deadline = turns::deadline();
        match self.object.wait_until(deadline) {
            Err(late) => self.fail(format_args!("core {} waits for ever: {late}", self.core)),
            // It has come, but only the deadline has ended the sleep.
            Ok(()) if time::now() >= deadline && !plugin::chooses() => {
                self.fail(format_args!("core {} sleeps on: nobody has woken it", self.core));
            }
            Ok(()) => note!("has waited for the run-down"),
        }
        FAILURE.lock().is_none()
    }

    /// Waits for the run-down and poisons what the object has protected.
    pub fn wait_and_poison(&self) {
        if self.wait() {
            CANARY.poison();
        }
    }

    /// Remembers the first thing that went wrong, in one step of the trace.
    pub fn fail(&self, seen: fmt::Arguments<'_>) {
        note!("has seen a failure");
        without_interrupts(|| _ = FAILURE.lock().get_or_insert_with(|| seen.to_string()));
    }

    /// Checks that every slot is marked, and nothing is left.
    pub fn is_run_down(&self) -> ktap::Result {
        for (slot, word) in slot_words(self.object).enumerate() {
            holds(format_args!("slot {slot} is marked ({word:#x})"), word & 1 != 0)?;
        }
        equal("holds that are left", self.object.outstanding(), Some(0))?;
        let released = RELEASED.load(Ordering::Relaxed);
        equal("holds released, of those granted", released, GRANTED.load(Ordering::Relaxed))
    }
}
