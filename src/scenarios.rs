//! Small races of a few cores around one run-down object, each with counts that are checked.
//!
//! A scenario runs once for each seed. It takes a few hundred instructions a core, so that
//! [`preempt`] can lead it through very different interleavings.

use crate::exceptions::without_interrupts;
use crate::ktap::{self, equal, holds};
use crate::payload::Payload;
use crate::preempt::{self, Turns};
use crate::rounds::ThisCore;
use crate::{jobs, time};
use alloc::string::{String, ToString};
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use rundown::{CacheAwareRundownRef, Rundown};
use spin::Mutex;

mod counter;
mod drain;
mod extra;
mod free;
mod migrate;
mod place;
mod reinitialize;
mod resurrect;
mod waiters;

/// The object under test: a slot a core; a waiter gives its turn away.
type Object = CacheAwareRundownRef<ThisCore, Turns>;

/// A race to explore.
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What races with what.
    pub about: &'static str,
    /// Fewest cores that it needs.
    pub fewest: usize,
    /// How many slots the object has, for so many cores.
    slots: fn(usize) -> usize,
    /// Brings everything to the start. On core 0 alone.
    set_up: fn(&Run),
    /// What each core does.
    work: fn(&Run),
    /// Looks at what came of it. On core 0 alone.
    check: fn(&Run) -> ktap::Result,
}

/// All scenarios.
pub const ALL: &[Scenario] = &[
    drain::SCENARIO,
    drain::ON_ONE_SLOT,
    migrate::SCENARIO,
    waiters::SCENARIO,
    reinitialize::SCENARIO,
    free::SCENARIO,
    resurrect::SCENARIO,
    extra::SCENARIO,
    counter::SCENARIO,
];

/// One run of a scenario, as one of its cores sees it.
struct Run {
    core: usize,
    cores: usize,
    object: &'static Object,
}

static PAYLOAD: Payload = Payload::new();
static GRANTED: AtomicU64 = AtomicU64::new(0);
static RELEASED: AtomicU64 = AtomicU64::new(0);
static FAILURE: Mutex<Option<String>> = Mutex::new(None);

impl Scenario {
    /// Runs it once on `cores` cores, under the schedule that `seed` names. It is the same run whatever
    /// ran before it in the same boot (docs/schedules.md, "Why a replay is exact").
    pub fn run(&self, seed: u64, cores: usize) -> ktap::Result {
        PAYLOAD.revive();
        [&GRANTED, &RELEASED].iter().for_each(|count| count.store(0, Ordering::Relaxed));
        *FAILURE.lock() = None;
        let object = place::renew(0, (self.slots)(cores));
        preempt::prepare(seed, cores);
        let run = |core| Run { core, cores, object };
        (self.set_up)(&run(0));
        if preempt::plugin::chooses() {
            place::watch();
        }
        jobs::run_on(&|core| core < cores, &|core| {
            preempt::enter();
            (self.work)(&run(core));
            preempt::leave();
        });
        preempt::finish();
        match FAILURE.lock().take() {
            Some(seen) => Err(seen),
            None => (self.check)(&run(0)),
        }
    }
}

impl Run {
    /// Acquires, looks at what the object protects, and releases. Returns whether it was granted.
    fn use_once(&self) -> bool {
        let Ok(guard) = self.object.try_acquire() else {
            preempt::note(&"was refused");
            return false;
        };
        GRANTED.fetch_add(1, Ordering::Relaxed);
        preempt::note(&"was granted a hold");
        self.look();
        drop(guard);
        RELEASED.fetch_add(1, Ordering::Relaxed);
        preempt::note(&"has released its hold");
        true
    }

    /// Looks at the protected object, as a holder may.
    fn look(&self) {
        if !PAYLOAD.is_alive() {
            self.fail(format_args!("core {} holds the object and sees the poison", self.core));
        }
    }

    /// Waits for the run-down. Returns whether it came.
    fn wait(&self) -> bool {
        let deadline = preempt::deadline();
        match self.object.wait_until(deadline) {
            Err(late) => self.fail(format_args!("core {} waits for ever: {late}", self.core)),
            // It has come, but only the deadline has ended the sleep.
            Ok(()) if time::now() >= deadline && !preempt::plugin::chooses() => {
                self.fail(format_args!("core {} sleeps on: nobody has woken it", self.core));
            }
            Ok(()) => preempt::note(&"has waited for the run-down"),
        }
        FAILURE.lock().is_none()
    }

    /// Waits for the run-down and poisons what the object has protected.
    fn wait_and_poison(&self) {
        if self.wait() {
            PAYLOAD.poison();
        }
    }

    /// Remembers the first thing that went wrong, in one step of the trace.
    fn fail(&self, seen: fmt::Arguments<'_>) {
        preempt::note(&"has seen a failure");
        without_interrupts(|| _ = FAILURE.lock().get_or_insert_with(|| seen.to_string()));
    }

    /// Checks that every slot is marked, and nothing is left.
    fn is_run_down(&self) -> ktap::Result {
        for (slot, word) in place::slot_words(self.object).enumerate() {
            holds(format_args!("slot {slot} is marked ({word:#x})"), word & 1 != 0)?;
        }
        equal("holds that are left", self.object.outstanding(), Some(0))?;
        let released = RELEASED.load(Ordering::Relaxed);
        equal("holds released, of those granted", released, GRANTED.load(Ordering::Relaxed))
    }
}
