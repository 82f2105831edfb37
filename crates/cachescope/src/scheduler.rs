//! Schedules: one core at a time, from one access to the next.
//!
//! A core that takes part in a phase stops after each access of watched memory, until the scheduler
//! chooses it again. So only one core runs at a time, and the choices decide in which order the accesses
//! happen. Stopping after each access instead of before it leaves out no order, because what a core does
//! up to its next access of watched memory is not seen by other cores. (If they do see it, because memory
//! is shared that is not watched, it is serialised as well.)
//!
//! **Why the same seed gives the same steps.** A choice is made only when every core that takes part
//! is in a state that follows from the steps so far, not from how fast the host is:
//!
//! * *waiting* for the scheduler to choose it;
//! * *asleep*: it was running, and QEMU has found that no interrupt is pending at its WFI. A pending
//!   interrupt makes WFI fall through, and it was sent by a core that was running at the time;
//! * *outside*: it has ended its part.
//!
//! A sleeping core to which an interrupt was sent is *waking* until it arrives, and nobody is chosen until
//! then. The sender executes a marker ([`cachescope_guest::markers::WAKES`]) before it sends the interrupt, because
//! API version 1 does not show which core an interrupt is for. The woken core executes another marker
//! after its WFI ([`cachescope_guest::markers::ARRIVE`]), and there it waits to be chosen. Interrupts from outside,
//! those of timers above all, are not part of the schedule: a phase must not depend on them.
//!
//! **Why a schedule that is stuck is known at once.** When all have begun, those that have not ended
//! all sleep, and none is waking, then nobody is left who could send the interrupt that a sleeper needs. A
//! wake-up that is on its way would show: a sleeper is waking from the marker on, and an interrupt
//! that was sent to a core before it slept has made its WFI fall through. A timer may still end a
//! sleep, as a deadline does; but when depends on the host's clock, so what comes after belongs to no
//! seed. [`stuck`] says who sleeps where.
//!
//! A core that waits without sleeping gives its turn away at YIELD, WFE and ISB. Such turns count towards
//! the most steps, so cores that wait for each other in loops come to an end too. An exclusive load and
//! its store are one step, without a choice in between.
//!
//! [`watchdog`] ends what the states do not tell: a phase that not all begin, a core that runs on without a step,
//! a QEMU that hangs. The rest is one state machine together with the argument why it is right. Apart
//! they would be harder to read, so the file is long.

pub mod stuck;
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
    /// It was chosen; at most one core is in this state.
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
    /// The last step of each core.
    last: Vec<Option<Step>>,
    chooser: Chooser,
    trace: Trace,
    spins: u64,
    max_steps: u64,
    /// When the last step was.
    progress: Instant,
}

/// Decides which core runs, phase by phase.
#[derive(Debug)]
pub struct Scheduler {
    inner: Mutex<Inner>,
    /// One a core: there it waits to be chosen.
    chosen: Vec<Condvar>,
    /// Where cores wait for the phase before theirs to end.
    barrier: Condvar,
    deadline: Duration,
}

impl Scheduler {
    /// Returns a scheduler for `cores` cores, none of which takes part in a phase yet.
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
            last: vec![None; cores],
            chooser: Chooser::new(policy, cores),
            trace: Trace::new(keep),
            spins: 0,
            max_steps,
            progress: Instant::now(),
        };
        let chosen = (0..cores).map(|_| Condvar::new()).collect();
        Self { inner: Mutex::new(inner), chosen, barrier: Condvar::new(), deadline }
    }

    /// Checks that `core` may wait for `expected` cores, itself included. It must not when QEMU runs several
    /// cores on one thread: that thread would wait for itself.
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

    /// Lets a core take part in a phase of `expected` cores. Waits until it is chosen.
    pub fn begin(&self, core: usize, number: u16, expected: usize) -> Result<(), String> {
        let mut inner = lock(&self.inner);
        if expected == 0 || expected > self.chosen.len() {
            let cores = self.chosen.len();
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
            inner = self.barrier.wait(inner).unwrap_or_else(PoisonError::into_inner);
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

    /// Ends a core's part in the phase. Returns whether somebody can go on.
    pub fn end(&self, core: usize) -> Result<bool, String> {
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
            self.barrier.notify_all();
            return Ok(true);
        }
        self.wake(inner.choose());
        Ok(!inner.is_stuck())
    }

    /// Adds a step of the core that runs. It may make more before [`pass`](Self::pass).
    pub fn record(&self, step: Step, place: Place) -> Result<(), String> {
        let mut inner = lock(&self.inner);
        if inner.states[step.core] != State::Running {
            let core = step.core;
            return Err(format!(
                "core {core} was woken from a WFI without a marker behind it, and has gone on unchosen"
            ));
        }
        inner.progress = Instant::now();
        inner.trace.add(step, place);
        inner.last[step.core] = Some(step);
        inner.chooser.step(step.core);
        inner.check_steps()
    }

    /// Ends the core's turn. Waits until it is chosen again.
    pub fn pass(&self, core: usize) {
        let mut inner = lock(&self.inner);
        if inner.states[core] == State::Running {
            inner.states[core] = State::Waiting;
            inner.running = None;
            self.next_and_wait(inner, core);
        }
    }

    /// Ends the turn of a core that waits without sleeping (YIELD, WFE, ISB).
    pub fn spin(&self, core: usize) -> Result<(), String> {
        let mut inner = lock(&self.inner);
        inner.spins += 1;
        inner.chooser.spin(core);
        inner.check_steps()?;
        drop(inner);
        self.pass(core);
        Ok(())
    }

    /// Records that QEMU has put the core to sleep. Returns whether somebody can go on. It must not wait here:
    /// QEMU holds its big lock.
    pub fn idle(&self, core: usize) -> bool {
        let mut inner = lock(&self.inner);
        inner.threads[core] = Some(thread::current().id());
        if inner.states[core] != State::Running {
            return true;
        }
        inner.states[core] = State::Asleep;
        inner.running = None;
        self.wake(inner.choose());
        !inner.is_stuck()
    }

    /// Records that somebody is about to wake the core `target`.
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

    /// Records that the core is back from its WFI. Waits until it is chosen.
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
            // The lock is dropped first: the chosen core takes it as soon as it is notified.
            drop(inner);
            self.chosen[chosen].notify_one();
            inner = lock(&self.inner);
        }
        while inner.states[core] != State::Running {
            inner = self.chosen[core].wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn wake(&self, chosen: Option<usize>) {
        if let Some(core) = chosen {
            self.chosen[core].notify_one();
        }
    }

    /// Returns what `read` makes of the trace and of the number of turns that ended in [`spin`](Self::spin).
    pub fn trace<T>(&self, read: impl FnOnce(&Trace, u64) -> T) -> T {
        let inner = lock(&self.inner);
        read(&inner.trace, inner.spins)
    }
}

impl Inner {
    /// Returns an error when there were too many steps, or turns without one.
    fn check_steps(&self) -> Result<(), String> {
        match self.trace.count() + self.spins > self.max_steps {
            true => Err(format!("more than {} steps", self.max_steps)),
            false => Ok(()),
        }
    }

    /// Chooses the next core, if every core is in a state that allows a choice.
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
