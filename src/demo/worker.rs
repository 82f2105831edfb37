//! What each core does in a round: acquire and release until it is refused.

use crate::demo::counters::Counts;
use crate::demo::object::Guard;
use crate::demo::shared::{self, Shared};
use machine::arch::time;
use machine::smp::cores;
use rundown::Rundown;

/// Bursts that the pairs of a core are done in; between two it may look at how far the others are. The last
/// guard of a burst is kept until the next burst ends: a slow user, whom the drain will find.
const BURSTS: u64 = 100;
/// Every so many grants, a guard goes to the next core.
const HAND_OVER_EVERY: u64 = 64;
/// Bursts of core 0 between the moment when all have done their pairs and the drain.
const BURSTS_BEFORE_DRAIN: u64 = 4;
/// Bursts that the others do from that moment on without a nap: the drain comes in the middle of them.
/// Bounded, because under round robin (`thread=single`) each would use up its time slice.
const BURSTS_INTO_DRAIN: u64 = 4 * BURSTS_BEFORE_DRAIN;
/// A core that has done its pairs naps between bursts, so that the others get the host's processors; a
/// wake-up ends the nap. In microseconds for each core that naps likewise.
const NAP_US: u64 = 250;
/// How long the slowest core may take for its pairs, and then the drain.
const DEADLINE_MS: u64 = 20_000;

/// Every acquire is refused from now on.
struct Refused;

/// One core in a round.
pub struct Worker {
    shared: &'static Shared,
    core: usize,
    alone: bool,
    counts: Counts,
    kept: Option<Guard>,
}

impl Worker {
    /// Takes part in a round on the calling core, to the end.
    pub fn work(shared: &'static Shared, core: usize) {
        let alone = shared.inboxes.len() == 1;
        let mut worker = Self { shared, core, alone, counts: Counts::default(), kept: None };
        let start = match worker.use_object() {
            Ok(()) => {
                let start = time::now();
                shared.start_drain();
                start
            }
            Err(Refused) => time::now(),
        };
        worker.release_everything();
        if core == 0 {
            shared.finish_drain(start, time::after_ms(DEADLINE_MS));
        }
        if core == 0 && !worker.alone {
            // It started the drain itself and has not been refused yet.
            worker.counts.refused += u64::from(shared.object.try_acquire().is_err());
        }
        cachescope_guest::end();
        worker.publish();
    }

    /// Uses the object until that is refused, or, on core 0, until it is time to start the drain.
    fn use_object(&mut self) -> Result<(), Refused> {
        let [pairs, drain] = self.shared.phases();
        cachescope_guest::phase_to_count(pairs);
        while self.counts.granted < self.shared.pairs {
            self.burst()?;
        }
        cachescope_guest::end();
        cachescope_guest::phase_to_count(drain);
        self.publish();
        self.shared.count_done();
        match (self.core, self.alone) {
            (0, true) => {
                // An interrupt starts the drain, in the middle of whatever we do then.
                let soon = time::now() + time::frequency() / 10_000;
                cores::this().timer.call_at(soon, || shared::prepare().start_drain());
                loop {
                    self.burst()?;
                }
            }
            (0, false) => {
                if !self.shared.wait_for_pairs(time::after_ms(DEADLINE_MS)) {
                    let ((core, did), pairs) = (self.shared.slowest(), self.shared.pairs);
                    panic!("core {core} has done {did} pairs of {pairs} in {DEADLINE_MS} ms");
                }
                self.shared.announce_everyone_done();
                (0..BURSTS_BEFORE_DRAIN).try_for_each(|_| self.burst())
            }
            _ => {
                while !self.shared.wait_for_everyone(self.after_a_nap()) {
                    self.burst()?;
                }
                (0..BURSTS_INTO_DRAIN).try_for_each(|_| self.burst())?;
                loop {
                    self.burst()?;
                    self.shared.wait_for_drain(self.after_a_nap());
                }
            }
        }
    }

    fn after_a_nap(&self) -> u64 {
        time::now() + NAP_US * self.shared.counters.len() as u64 * time::frequency() / 1_000_000
    }

    fn burst(&mut self) -> Result<(), Refused> {
        let last = self.shared.pairs / BURSTS;
        for turn in 1..=last {
            let Ok(guard) = self.shared.object.try_acquire() else {
                self.counts.refused += 1;
                return Err(Refused);
            };
            self.counts.granted += 1;
            self.look();
            if turn == last {
                self.counts.released += u64::from(self.kept.replace(guard).is_some());
            } else if turn % HAND_OVER_EVERY == 0 && !self.alone {
                self.hand_over(guard);
                self.take_over();
            } else {
                self.look();
                drop(guard);
                self.counts.released += 1;
            }
        }
        Ok(())
    }

    /// Looks at the protected object, as a user would. The caller holds it.
    fn look(&mut self) {
        self.counts.poison_seen += u64::from(!self.shared.canary.is_alive());
    }

    fn publish(&self) {
        self.shared.counters[self.core].0.write(&self.counts);
    }

    fn next(&self) -> usize {
        (self.core + 1) % self.shared.inboxes.len()
    }

    /// Puts a guard into the next core's inbox, or releases it if that is not empty.
    fn hand_over(&mut self, guard: Guard) {
        match self.shared.inboxes[self.next()].0.try_lock() {
            Some(mut inbox) if inbox.is_none() => {
                *inbox = Some(guard);
                self.counts.given += 1;
            }
            _ => {
                drop(guard);
                self.counts.released += 1;
            }
        }
    }

    /// Releases on this core what another has handed over.
    fn take_over(&mut self) {
        let inbox = self.shared.inboxes[self.core].0.try_lock();
        if let Some(guard) = inbox.and_then(|mut inbox| inbox.take()) {
            self.look();
            drop(guard);
            self.counts.released += 1;
            self.counts.received += 1;
        }
    }

    /// Releases all that this core still holds or has sent off: the drain waits for it.
    fn release_everything(&mut self) {
        if let Some(guard) = self.kept.take() {
            self.look();
            drop(guard);
            self.counts.released += 1;
        }
        // Nobody else puts guards into the next core's inbox, so after this none of ours is left.
        let unclaimed = self.shared.inboxes[self.next()].0.lock().take();
        if let Some(guard) = unclaimed {
            self.counts.given -= 1;
            self.look();
            drop(guard);
            self.counts.released += 1;
        }
        self.take_over();
    }
}
