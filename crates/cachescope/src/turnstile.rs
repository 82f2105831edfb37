//! Schedules: one core at a time, from one access of watched memory to the next.
//!
//! A core that takes part in a phase waits in front of the turnstile after each access of watched
//! memory, until it is chosen again. So there is never more than one core between two of its accesses,
//! and who is chosen decides in which order the accesses happen; waiting after each access instead of
//! before it leaves out no order, because what a core does up to its next access concerns nobody else.
//! (What does concern others, though it is not watched, is serialised along with it.)
//!
//! **Why the same seed gives the same steps.** A choice is made only when every core that takes part
//! is in a state that follows from the steps so far, not from how fast the host is:
//!
//! * *waiting* in front of the turnstile;
//! * *asleep*: it was the chosen one, and QEMU has found that its WFI has nothing to wake for. A
//!   pending interrupt makes WFI fall through, and it was sent by a core that was the chosen one;
//! * *outside*: it has ended its part.
//!
//! A sleeper that somebody has woken is *waking* until it arrives; meanwhile nobody is chosen. The
//! waker says so with a mark ([`cachescope_guest::markers::WAKES`]) before it sends the interrupt, for API version 1
//! does not show whom an interrupt is for. The sleeper's own mark after its WFI
//! ([`cachescope_guest::markers::ARRIVE`]) is where it waits to be chosen. Interrupts from outside, of timers above
//! all, are not part of the schedule: a phase must not depend on them.
//!
//! A core that waits without sleeping gives its turn away at YIELD, WFE and ISB. An exclusive load and
//! its store are one step: no choice in between.
//!
//! [`watchdog`] ends what does not go on. The rest is one state machine with its argument; apart they would
//! not be easier to read, so the file is long.

pub mod watchdog;

use crate::memory::lock;
use crate::names::Place;
use crate::policy::{Chooser, Policy};
use crate::trace::{Step, Trace};
use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Outside,
    Waiting,
    /// The chosen one; at most one core.
    Running,
    Asleep,
    Waking,
}

#[derive(Debug)]
struct Phase {
    number: u16,
    /// Cores that take part.
    expected: usize,
    /// Those that have begun.
    begun: usize,
    /// Those that have ended.
    ended: usize,
}

#[derive(Debug)]
struct Inner {
    phase: Option<Phase>,
    states: Vec<State>,
    threads: Vec<Option<ThreadId>>,
    waking: usize,
    running: Option<usize>,
    chooser: Chooser,
    trace: Trace,
    spins: u64,
    max_steps: u64,
    /// When the last step was.
    progress: Instant,
}

/// See the module.
#[derive(Debug)]
pub struct Turnstile {
    inner: Mutex<Inner>,
    /// Where each core waits to be chosen.
    seats: Vec<Condvar>,
    /// Where they wait for the phase before theirs to end.
    hall: Condvar,
    deadline: Duration,
}

impl Turnstile {
    /// Makes one for `cores` cores.
    pub fn new(
        cores: usize,
        policy: Policy,
        keep: usize,
        max_steps: u64,
        deadline: Duration,
    ) -> Self {
        let inner = Inner {
            phase: None,
            states: vec![State::Outside; cores],
            threads: vec![None; cores],
            waking: 0,
            running: None,
            chooser: Chooser::new(policy),
            trace: Trace::new(keep),
            spins: 0,
            max_steps,
            progress: Instant::now(),
        };
        let seats = (0..cores).map(|_| Condvar::new()).collect();
        Self { inner: Mutex::new(inner), seats, hall: Condvar::new(), deadline }
    }

    /// Checks that a core may wait for `expected` cores, itself among them: not if QEMU runs them all on
    /// one thread.
    pub fn check_threads(&self, core: usize, expected: usize) -> Result<(), String> {
        let mut inner = lock(&self.inner);
        inner.threads[core] = Some(thread::current().id());
        let threads: Vec<_> = inner.threads.iter().flatten().collect();
        let different: HashSet<_> = threads.iter().collect();
        // Cores that have never slept are not known; those started by PSCI have slept before.
        if different.len() < threads.len() || threads.len() < expected {
            return Err("mode=schedule wants every core on a thread of its own: \
                        -accel tcg,thread=multi, without -icount"
                .into());
        }
        Ok(())
    }

    /// The core takes part in a phase of `expected` cores, and waits until it is chosen.
    pub fn begin(&self, core: usize, number: u16, expected: usize) -> Result<(), String> {
        let mut inner = lock(&self.inner);
        if expected == 0 || expected > self.seats.len() {
            let cores = self.seats.len();
            return Err(format!("phase {number} of {expected} cores, on a machine of {cores}"));
        }
        if inner.states[core] != State::Outside {
            return Err(format!("core {core} begins phase {number} inside a phase"));
        }
        // A phase that all have begun, or another one, must be over first.
        while let Some(phase) = &inner.phase {
            if phase.number == number && phase.begun < phase.expected {
                break;
            }
            inner = self.hall.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        if inner.phase.is_none() {
            inner.trace.begin(number);
            inner.phase = Some(Phase { number, expected, begun: 0, ended: 0 });
        }
        let phase = inner.phase.as_mut().expect("it was made above");
        if phase.expected != expected {
            let others = phase.expected;
            return Err(format!(
                "core {core} has phase {number} of {expected} cores, not {others}"
            ));
        }
        phase.begun += 1;
        inner.progress = Instant::now();
        inner.states[core] = State::Waiting;
        self.next_and_wait(inner, core);
        Ok(())
    }

    /// The core takes part no more.
    pub fn end(&self, core: usize) -> Result<(), String> {
        let mut inner = lock(&self.inner);
        if inner.states[core] != State::Running {
            return Err(format!("core {core} ends a phase that it has not begun"));
        }
        inner.states[core] = State::Outside;
        inner.running = None;
        inner.progress = Instant::now();
        let phase = inner.phase.as_mut().expect("a core runs in it");
        phase.ended += 1;
        if phase.ended == phase.expected {
            inner.phase = None;
            self.hall.notify_all();
            return Ok(());
        }
        self.wake(inner.choose());
        Ok(())
    }

    /// The core has made a step; it may make more before [`pass`](Self::pass).
    pub fn record(&self, step: Step, place: Place) -> Result<(), String> {
        let mut inner = lock(&self.inner);
        if inner.states[step.core] != State::Running {
            let core = step.core;
            return Err(format!(
                "core {core} was woken from a WFI without a mark behind it, and has gone on unchosen"
            ));
        }
        inner.progress = Instant::now();
        inner.trace.add(step, place);
        if inner.trace.count() > inner.max_steps {
            return Err(format!("more than {} steps", inner.max_steps));
        }
        Ok(())
    }

    /// The core gives its turn away and waits until it is chosen again.
    pub fn pass(&self, core: usize) {
        let mut inner = lock(&self.inner);
        if inner.states[core] == State::Running {
            inner.states[core] = State::Waiting;
            inner.running = None;
            self.next_and_wait(inner, core);
        }
    }

    /// The core waits for something without sleeping.
    pub fn spin(&self, core: usize) {
        lock(&self.inner).spins += 1;
        self.pass(core);
    }

    /// QEMU has put the core to sleep. Must not wait: QEMU holds its big lock.
    pub fn idle(&self, core: usize) {
        let mut inner = lock(&self.inner);
        inner.threads[core] = Some(thread::current().id());
        if inner.states[core] == State::Running {
            inner.states[core] = State::Asleep;
            inner.running = None;
            self.wake(inner.choose());
        }
    }

    /// Somebody is about to wake the core `target`.
    pub fn wakes(&self, target: usize) -> Result<(), String> {
        let mut inner = lock(&self.inner);
        let state =
            inner.states.get_mut(target).ok_or_else(|| format!("there is no core {target}"))?;
        if *state == State::Asleep {
            *state = State::Waking;
            inner.waking += 1;
        }
        Ok(())
    }

    /// The core is back from its WFI.
    pub fn arrive(&self, core: usize) {
        let mut inner = lock(&self.inner);
        match inner.states[core] {
            State::Waking => inner.waking -= 1,
            State::Asleep => {} // by an interrupt that nobody has announced
            // WFI has fallen through: the core still has its turn.
            State::Running | State::Outside | State::Waiting => return,
        }
        inner.states[core] = State::Waiting;
        self.next_and_wait(inner, core);
    }

    fn next_and_wait<'a>(&'a self, mut inner: MutexGuard<'a, Inner>, core: usize) {
        if let Some(chosen) = inner.choose().filter(|&chosen| chosen != core) {
            // Without the lock, or the chosen one would only wait for that.
            drop(inner);
            self.seats[chosen].notify_one();
            inner = lock(&self.inner);
        }
        while inner.states[core] != State::Running {
            inner = self.seats[core].wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn wake(&self, chosen: Option<usize>) {
        if let Some(core) = chosen {
            self.seats[core].notify_one();
        }
    }

    /// Reads the trace, and how often a core gave its turn away while it spun.
    pub fn trace<T>(&self, read: impl FnOnce(&Trace, u64) -> T) -> T {
        let inner = lock(&self.inner);
        read(&inner.trace, inner.spins)
    }
}

impl Inner {
    /// Chooses who is next, if that can be told now.
    fn choose(&mut self) -> Option<usize> {
        let complete = self.phase.as_ref().is_some_and(|phase| phase.begun == phase.expected);
        if !complete || self.running.is_some() || self.waking > 0 {
            return None;
        }
        let waiting = |&core: &usize| self.states[core] == State::Waiting;
        let ready: Vec<usize> = (0..self.states.len()).filter(waiting).collect();
        let chosen = self.chooser.choose(&ready)?;
        self.states[chosen] = State::Running;
        self.running = Some(chosen);
        Some(chosen)
    }
}

#[cfg(test)]
mod tests;
