//! What core 0 does: it drains the object again and again, and has cores go and come.

use crate::counts::{Counts, What};
use crate::handlers;
use crate::plan::Plan;
use crate::random::Random;
use crate::round::{PATIENCE_MS, Round};
use crate::worker::Worker;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use machine::arch::{cpu, time};
use machine::smp::cores::{self, Core};
use machine::smp::jobs::{self, Job};
use machine::smp::protection::slot_words;
use machine::smp::{park, start};
use machine::testing::ktap;
use rundown::{AcquireError, Rundown};

/// Core 0, which works with no other in a round.
const LEADER: usize = 0;
/// Most microseconds in which it does nothing.
const NAP_US: u64 = 2_000;

/// The other cores.
pub struct Others {
    on: Vec<&'static Core>,
    off: Vec<&'static Core>,
}

impl Others {
    /// Returns them, who are all on.
    pub fn all() -> Others {
        Others { on: cores::all().filter(|core| core.index != LEADER).collect(), off: Vec::new() }
    }

    /// Returns the interrupts that all cores have taken, also those that are off.
    fn interrupts(&self) -> u64 {
        let all = self.on.iter().chain(&self.off).copied().chain([cores::this()]);
        all.map(|core| core.interrupts.load(Ordering::Relaxed)).sum()
    }
}

/// Runs a round, adds what has happened to `totals`, and returns what is wrong.
pub fn run(plan: Plan, others: &mut Others, totals: &Counts) -> ktap::Result {
    let round = Round::new(plan);
    let before = others.interrupts();
    handlers::begin(&round);
    let work = |core| {
        handlers::start_timer(&round);
        Worker::work(&round, core);
    };
    jobs::lead(&work, |job| {
        let random = round.plan.random(&[LEADER as u64]);
        let mut leader = Leader { round: &round, random, job, others };
        leader.others.on.iter().for_each(|core| job.add(core));
        handlers::start_timer(&round);
        for _ in 0..round.plan.cycles {
            if round.stop.load(Ordering::Relaxed) {
                break; // something went wrong
            }
            leader.step();
        }
        leader.finish();
    });
    handlers::end();
    totals.add(What::Interrupts, others.interrupts() - before);
    round.end(totals)
}

struct Leader<'a, 'b> {
    round: &'a Round,
    random: Random,
    job: &'a Job<'b>,
    others: &'a mut Others,
}

impl Leader<'_, '_> {
    fn step(&mut self) {
        match self.random.below(8) {
            0..=3 => self.drain(),
            4..=5 if self.round.plan.hotplug => self.go_or_come(),
            // Handlers may come to hold something while all others sleep.
            7 if self.round.plan.waiters && !self.round.plan.interrupts() => self.muster(),
            6 => {
                let taken = self.round.place.run_down_until(time::after_ms(PATIENCE_MS));
                match taken {
                    // Nothing: another core is just replacing it.
                    Ok(value) => value.into_iter().for_each(|it| self.round.replace(LEADER, it)),
                    Err(late) => self.round.fail(format_args!("the value is not returned: {late}")),
                }
            }
            _ => self.nap(),
        }
    }

    /// Runs the object down, and then poisons what it protects; or takes the run-down back.
    fn drain(&mut self) {
        let Self { round, .. } = *self;
        let object = &*round.object;
        if self.random.one_in(2) {
            self.nap(); // the others use it
        }
        object.begin_run_down();
        if round.plan.hotplug && self.random.one_in(2) {
            self.go_or_come();
        }
        round.sweep_up(LEADER);
        if round.plan.resurrect && self.random.one_in(2) {
            self.nap();
            // Only we make the object live again, so what we have seen cannot have changed since.
            let swept = object.outstanding().is_some();
            let taken_back = object.resurrect();
            round
                .want(!swept || taken_back.is_ok(), format_args!("not taken back: {taken_back:?}"));
            round.counts[LEADER].add(What::Resurrected, u64::from(taken_back.is_ok()));
            return;
        }
        if self.wait() {
            self.use_drained();
        }
    }

    /// Has all others wait, asleep, and then releases the last hold: each of them must wake.
    fn muster(&mut self) {
        let round = self.round;
        let Some(guard) = round.acquire(LEADER, 1) else { return self.drain() };
        round.muster.store(true, Ordering::Relaxed);
        self.nap();
        round.object.begin_run_down();
        round.sweep_up(LEADER);
        round.release(LEADER, guard);
        round.muster.store(false, Ordering::Relaxed);
        // Nothing else wakes them: the object stays run down as long as we look.
        let awake = self.poll(|| round.asleep.load(Ordering::Relaxed) == 0);
        round.want(awake, format_args!("the last release has not woken all who wait"));
        if self.wait() {
            self.use_drained();
        }
    }

    /// Does what the owner of a drained object may do, and makes it live again.
    fn use_drained(&mut self) {
        let Self { round, .. } = *self;
        let object = &*round.object;
        round.counts[LEADER].add(What::Drains, 1);
        round.canary.poison();
        if self.random.one_in(2) {
            self.nap();
        }
        let left = object.outstanding();
        round.want(left == Some(0), format_args!("{left:?} holds are left after a wait"));
        let open = slot_words(object).position(|word| word & 1 == 0);
        round.want(open.is_none(), format_args!("slot {open:?} is open after a wait"));
        let refused = object.try_acquire().map(drop) == Err(AcquireError::RunDown);
        round.want(refused, format_args!("a hold is granted after a wait"));
        round.canary.revive();
        let live = if self.random.one_in(4) { object.resurrect() } else { object.reinitialize() };
        round.want(live.is_ok(), format_args!("after a wait: {live:?}"));
    }

    /// Waits for the run-down; asleep to its end, unless handlers may leave holds to us.
    fn wait(&mut self) -> bool {
        let round = self.round;
        if !round.plan.interrupts() {
            return round.wait(LEADER);
        }
        let ended = self.poll(|| round.object.wait_until(time::after_ms(1)).is_ok());
        round.want(ended, format_args!("the run-down does not end"));
        ended
    }

    /// Asks again and again, and releases what others leave to us. Returns whether it became true in time.
    fn poll(&self, mut ready: impl FnMut() -> bool) -> bool {
        let deadline = time::after_ms(PATIENCE_MS);
        while !ready() {
            if time::now() > deadline {
                return false;
            }
            self.round.sweep_up(LEADER);
            cpu::give_way();
        }
        true
    }

    /// Has a core go off, or come again.
    fn go_or_come(&mut self) {
        let Self { round, .. } = *self;
        let Others { on, off } = &mut *self.others;
        let come = on.is_empty() || !off.is_empty() && self.random.one_in(2);
        let from = if come { &mut *off } else { &mut *on };
        if from.is_empty() {
            return; // the machine has one core
        }
        let core = from.swap_remove(self.random.below(from.len() as u64) as usize);
        if come {
            start::start(core);
            on.push(core);
            round.counts[LEADER].add(What::Ons, 1);
            return self.job.add(core);
        }
        off.push(core);
        let leave = &round.leave[core.index];
        leave.store(true, Ordering::Relaxed);
        let done = self.poll(|| {
            park::wait(core.job.as_ptr().cast(), || jobs::is_idle(core), time::after_ms(1))
        });
        assert!(done, "core {} does not come to an end", core.index);
        leave.store(false, Ordering::Relaxed);
        start::stop(core);
        round.counts[LEADER].add(What::Offs, 1);
    }

    fn nap(&mut self) {
        let soon = time::now() + self.random.below(NAP_US * time::frequency() / 1_000_000);
        park::wait((&raw const *self).cast(), || false, soon);
    }

    /// Ends the round: the object is run down for good, so that whoever waits for that returns.
    fn finish(&mut self) {
        let round = self.round;
        round.stop.store(true, Ordering::Relaxed);
        round.object.begin_run_down();
        let done = self.poll(|| {
            let all = || self.others.on.iter().all(|core| jobs::is_idle(core));
            park::wait((&raw const round.stop).cast(), all, time::after_ms(1))
        });
        round.want(done, format_args!("a core does not come to an end"));
    }
}
