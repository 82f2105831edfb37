//! What a core does with the object until it is told to stop, or to go off.

use crate::counts::What;
use crate::plan::MOST_CORES;
use crate::random::Random;
use crate::round::{Guard, Round};
use alloc::vec::Vec;
use core::pin::pin;
use core::sync::atomic::Ordering;
use core::task::{Context, Waker};
use machine::arch::{cpu, time};
use machine::board::gic;
use machine::smp::{cores, park};
use rundown::{AcquireError, MAX_COUNT, Rundown};

/// Most guards that a core keeps.
const MOST_KEPT: usize = 8;
/// Most pairs of acquire and release in a row.
const MOST_PAIRS: u64 = 64;
/// Microseconds of a nap, or of a wait that may end before its run-down does.
const NAP_US: u64 = 200;

/// One core in a round.
pub struct Worker<'a> {
    round: &'a Round,
    core: usize,
    random: Random,
    kept: Vec<Guard<'a>>,
}

impl<'a> Worker<'a> {
    /// Takes part in a round on the calling core.
    pub fn work(round: &'a Round, core: usize) {
        let entry = round.entries[core].fetch_add(1, Ordering::Relaxed);
        let random = round.plan.random(&[core as u64, entry as u64]);
        let mut worker = Worker { round, core, random, kept: Vec::new() };
        while !round.stop.load(Ordering::Relaxed) && !round.leave[core].load(Ordering::Relaxed) {
            if !worker.step() {
                worker.release_everything();
            }
            cpu::give_way();
        }
        worker.leave();
    }

    /// Does one of many things. Returns false if something was refused: there is a run-down.
    fn step(&mut self) -> bool {
        let (round, core) = (self.round, self.core);
        if round.muster.load(Ordering::Relaxed) {
            self.sleep();
            return true;
        }
        let waits = round.plan.waiters && self.random.one_in(16);
        match self.random.below(24) {
            _ if waits => self.wait(),
            0..=7 => {
                let mut times = 1 + self.random.below(MOST_PAIRS);
                while self.acquire(1, |worker, guard| worker.round.release(core, guard)) {
                    times -= 1;
                    if times == 0 {
                        return true;
                    }
                }
                return false;
            }
            8..=10 => {
                let count = self.count();
                return self.acquire(count, Self::release_in_parts);
            }
            11..=13 => {
                let (count, to) = (self.count(), self.random.below(MOST_CORES as u64) as usize);
                return self.acquire(count, |worker, guard| worker.round.give(guard, to));
            }
            14..=15 => {
                let from = self.random.below(MOST_CORES as u64) as usize;
                if let Some(guard) = round.take(core, from) {
                    self.release_in_parts(guard);
                }
            }
            16..=18 if self.kept.len() < MOST_KEPT => {
                let count = self.count();
                return self.acquire(count, |worker, guard| worker.kept.push(guard));
            }
            16..=18 => {
                let one = self.random.below(MOST_KEPT as u64) as usize;
                round.release(core, self.kept.swap_remove(one));
            }
            19 => return self.probe(),
            20 => return self.borrow(),
            // Also a call that does nothing would wake who sleeps on, and hide it.
            21 if round.plan.calls => self.interrupt(),
            22 if self.random.one_in(4) => {
                if let Some(value) = round.place.try_run_down() {
                    round.replace(core, value);
                }
            }
            _ => self.nap(),
        }
        true
    }

    fn acquire(&mut self, count: usize, then: impl FnOnce(&mut Self, Guard<'a>)) -> bool {
        let Some(guard) = self.round.acquire(self.core, count) else { return false };
        then(self, guard);
        true
    }

    /// Returns how many holds to take: mostly few, up to what the plan says.
    fn count(&mut self) -> usize {
        let most = self.round.plan.most;
        if self.random.one_in(8) { most } else { 1 + self.random.below(most as u64) as usize }
    }

    /// Releases holds as one, or split in two, or merged with what this core has kept, or without a guard.
    fn release_in_parts(&mut self, mut guard: Guard<'a>) {
        let (round, core) = (self.round, self.core);
        match self.random.below(4) {
            0 => {
                let part = self.random.below(guard.count() as u64 + 1) as usize;
                guard.split(part).into_iter().for_each(|part| round.release(core, part));
                round.release(core, guard);
            }
            1 => {
                if let Some(mut kept) = self.kept.pop() {
                    let merged = kept.merge(guard);
                    round.want(merged.is_ok(), format_args!("guards of one object do not merge"));
                    guard = kept;
                }
                round.release(core, guard);
            }
            2 => {
                let count = guard.leak();
                round.counts[core].add(What::Released, count as u64);
                // SAFETY: the holds were leaked just now, and nobody else knows of them.
                unsafe { round.object.release_n(count) };
            }
            _ => round.release(core, guard),
        }
    }

    /// Asks for nothing, and for too much: neither takes a hold.
    fn probe(&mut self) -> bool {
        let object = &self.round.object;
        let none = object.try_acquire_n(0).map(drop);
        let live = none != Err(AcquireError::RunDown);
        self.round.want(!live || none.is_ok(), format_args!("no hold at all: {none:?}"));
        // Another answer than the last: the run-down may have begun in between, or ended.
        let much = object.try_acquire_n(MAX_COUNT + 1).map(drop);
        self.round.want(much.is_err(), format_args!("more than can be asked for: {much:?}"));
        live
    }

    /// Borrows the value in the place.
    fn borrow(&mut self) -> bool {
        let Ok(value) = self.round.place.try_acquire() else { return false };
        self.round.look_at_value(self.core, &value);
        if self.random.one_in(4) {
            self.nap();
        }
        self.round.look_at_value(self.core, &value);
        true
    }

    /// Begins a run-down in one of several ways, and may wait for its end.
    fn wait(&mut self) {
        let (round, core, object) = (self.round, self.core, &*self.round.object);
        match self.random.below(4) {
            0 => _ = object.begin_run_down(),
            1 => {
                let drained = pin!(object.drained());
                _ = drained.poll(&mut Context::from_waker(Waker::noop()));
            }
            2 => {
                let ended = object.wait_until(self.soon()).is_ok();
                round.counts[core].add(if ended { What::Waits } else { What::TimeOuts }, 1);
            }
            // Handlers may come to hold something while all others sleep.
            _ if round.plan.interrupts() => {}
            _ => self.sleep(),
        }
    }

    /// Waits for the end of a run-down, which begins now if it has not, without holding anything.
    fn sleep(&mut self) {
        let (round, core) = (self.round, self.core);
        round.asleep.fetch_add(1, Ordering::Relaxed);
        round.object.begin_run_down();
        self.release_everything();
        round.counts[core].add(What::Waits, u64::from(round.wait(core)));
        round.asleep.fetch_sub(1, Ordering::Relaxed);
    }

    /// Interrupts another core, or this one.
    fn interrupt(&mut self) {
        let other = cores::get(self.random.below(MOST_CORES as u64) as usize);
        other.into_iter().for_each(|other| gic::wake_core(other.target()));
    }

    /// Returns a time that comes soon.
    fn soon(&mut self) -> u64 {
        time::now() + self.random.below(NAP_US * time::frequency() / 1_000_000 + 1)
    }

    fn nap(&mut self) {
        let until = self.soon();
        park::wait((&raw const *self).cast(), || false, until);
    }

    fn release_everything(&mut self) {
        for guard in self.kept.drain(..) {
            self.round.release(self.core, guard);
        }
        self.round.sweep_up(self.core);
    }

    /// Releases what is kept, or leaves it to others: then the core goes off while its slot is not zero.
    fn leave(mut self) {
        let round = self.round;
        if round.stop.load(Ordering::Relaxed) || self.random.one_in(2) {
            return self.release_everything();
        }
        for guard in self.kept.drain(..) {
            round.give(guard, self.core);
        }
    }
}
