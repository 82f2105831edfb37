//! Runs steps two at a time: while one waits, the other computes.
//!
//! A free lane takes the first step of the table that may start now. The table's order is kept around
//! steps that run alone: what stands before such a step ends first, what stands after it starts later.
//! What does nothing but wait has a lane of its own.

use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::context::Context;
use crate::step::{Outcome, Step};

/// Two, for two processors: what a build leaves idle, a boot can use. More would only be in each
/// other's way.
const LANES: usize = 2;

/// What may run at the same time as a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Whatever else is not alone.
    Anything,
    /// The same, but no other step of this group: they share files, or wait for one lock.
    NoOther(&'static str),
    /// As with `Anything`, and it needs no processor: it waits for a deadline or for the network.
    Waits,
    /// Nothing: it is judged by time.
    Nothing,
}

/// A step in its place in the order.
pub struct Entry {
    /// The step.
    pub step: Step,
    /// What may run beside it.
    pub beside: Beside,
}

/// How a step went, and how long it took.
pub struct Done<'a> {
    /// The step.
    pub step: &'a Step,
    /// How it went.
    pub outcome: Outcome,
    /// From its start to its end.
    pub took: Duration,
}

/// Which entries wait and which run, by their number; the waiting ones in order.
struct Queue {
    waiting: Vec<usize>,
    running: Vec<usize>,
}

impl Queue {
    /// Takes out the first of the waiting entries that may start now. `waits`: for the lane of those that
    /// only wait; such an entry starts when all before it have.
    fn next(&mut self, waits: bool, beside: impl Fn(usize) -> Beside) -> Option<usize> {
        let first = *self.waiting.first()?;
        if waits {
            return (beside(first) == Beside::Waits).then(|| self.start(first));
        }
        if beside(first) == Beside::Nothing {
            return self.running.is_empty().then(|| self.start(first));
        }
        // Nothing starts beside one that is alone, and nothing overtakes it.
        let running: Vec<Beside> = self.running.iter().map(|&one| beside(one)).collect();
        if running.contains(&Beside::Nothing) {
            return None;
        }
        let before_one_alone =
            self.waiting.iter().copied().take_while(|&one| beside(one) != Beside::Nothing);
        let free = |one: &usize| match beside(*one) {
            Beside::NoOther(group) => !running.contains(&Beside::NoOther(group)),
            Beside::Waits => false,
            _ => true,
        };
        let next = before_one_alone.into_iter().find(free)?;
        Some(self.start(next))
    }

    fn start(&mut self, one: usize) -> usize {
        self.waiting.retain(|&other| other != one);
        self.running.push(one);
        one
    }
}

/// Runs all steps, and sends what came of each as soon as it ends.
pub fn run<'a>(entries: &'a [Entry], context: &Context, done: &Sender<Done<'a>>) {
    let queue = Mutex::new(Queue { waiting: (0..entries.len()).collect(), running: Vec::new() });
    let ended = Condvar::new();
    thread::scope(|scope| {
        for lane in 0..=LANES {
            let (done, queue, ended) = (done.clone(), &queue, &ended);
            scope.spawn(move || {
                while let Some(at) = take(lane == LANES, queue, ended, entries) {
                    ended.notify_all(); // the next may be one that only this one has kept
                    let _ = done.send(perform(&entries[at].step, context)); // somebody prints it
                    lock(queue).running.retain(|&one| one != at);
                    ended.notify_all();
                }
            });
        }
    });
}

/// Waits until an entry may start and takes it; `None` when none is left.
fn take(waits: bool, queue: &Mutex<Queue>, ended: &Condvar, entries: &[Entry]) -> Option<usize> {
    let mut queue = lock(queue);
    while !queue.waiting.is_empty() {
        let next = queue.next(waits, |one| entries[one].beside);
        if next.is_some() {
            return next;
        }
        queue = ended.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
    None
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs one step. A step that runs nothing has failed.
fn perform<'a>(step: &'a Step, context: &Context) -> Done<'a> {
    let started = Instant::now();
    let mut outcome = Outcome::from((step.work)(context, started + step.deadline));
    if outcome.passed + outcome.failed == 0 && !outcome.not_run {
        outcome.failed = 1;
        outcome.output.push_str("nothing ran\n");
    }
    Done { step, outcome, took: started.elapsed() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::Relaxed;

    const TABLE: [Beside; 7] = [
        Beside::NoOther("cargo"),
        Beside::NoOther("cargo"),
        Beside::Anything,
        Beside::Nothing,
        Beside::NoOther("cargo"),
        Beside::Anything,
        Beside::Waits,
    ];

    fn queue(waiting: &[usize], running: &[usize]) -> Queue {
        Queue { waiting: waiting.to_vec(), running: running.to_vec() }
    }

    fn next(waiting: &[usize], running: &[usize]) -> Option<usize> {
        queue(waiting, running).next(false, |one| TABLE[one])
    }

    #[test]
    fn every_step_runs_once_and_one_without_a_check_fails() {
        let outcomes = [
            (Beside::Anything, Outcome::passed(2)),
            (Beside::NoOther("cargo"), Outcome::failure("why")),
            (Beside::NoOther("cargo"), Outcome::one()),
            (Beside::Waits, Outcome { not_run: true, ..Outcome::default() }),
            (Beside::Nothing, Outcome::default()),
            (Beside::Anything, Outcome::one()),
        ];
        let entries = outcomes.iter().enumerate().map(|(number, (beside, outcome))| {
            let outcome = outcome.clone();
            let step = Step::new(number.to_string(), 9, move |_, _| Ok(outcome.clone()));
            Entry { step, beside: *beside }
        });
        let entries: Vec<_> = entries.collect();
        let (sender, done) = std::sync::mpsc::channel();
        run(&entries, &Context::new().unwrap_or_else(|error| panic!("{}", error.line)), &sender);
        drop(sender);
        let all = done.into_iter();
        let mut all: Vec<_> = all
            .map(|done| (done.step.name.clone(), done.outcome.passed, done.outcome.failed))
            .collect();
        all.sort();
        let wanted = [("0", 2, 0), ("1", 0, 1), ("2", 1, 0), ("3", 0, 0), ("4", 0, 1), ("5", 1, 0)];
        assert_eq!(all, wanted.map(|(name, passed, failed)| (name.to_owned(), passed, failed)));
    }

    /// Each waits for the other, until its deadline, which is still to come.
    #[test]
    fn as_many_steps_as_lanes_run_at_a_time() {
        let here = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let meet = |number: usize| {
            let here = here.clone();
            Step::new(number.to_string(), 9, move |_, deadline| {
                assert!(deadline > Instant::now());
                here.fetch_add(1, Relaxed);
                while here.load(Relaxed) < LANES && Instant::now() < deadline {
                    thread::yield_now();
                }
                Ok(Outcome::check(here.load(Relaxed) == LANES, || "alone".to_owned()))
            })
        };
        let entries = (0..LANES).map(|at| Entry { step: meet(at), beside: Beside::Anything });
        let entries: Vec<_> = entries.collect();
        let (sender, done) = std::sync::mpsc::channel();
        run(&entries, &Context::new().unwrap_or_else(|error| panic!("{}", error.line)), &sender);
        drop(sender);
        assert_eq!(done.into_iter().map(|done| done.outcome.passed).sum::<u64>(), LANES as u64);
    }

    #[test]
    fn the_first_that_may_start_is_taken() {
        assert_eq!(next(&[0, 1, 2, 3, 4, 5], &[]), Some(0));
        assert_eq!(next(&[1, 2, 3, 4, 5], &[0]), Some(2), "not two of a group");
        assert_eq!(next(&[1, 2, 3, 4, 5], &[5]), Some(1), "another step does not keep it");
        assert_eq!(next(&[], &[0]), None);
    }

    #[test]
    fn a_step_that_is_alone_waits_for_those_before_it_and_is_not_overtaken() {
        assert_eq!(next(&[3, 4, 5], &[2]), None, "it waits");
        assert_eq!(next(&[3, 4, 5], &[]), Some(3), "then it runs");
        assert_eq!(next(&[4, 5], &[3]), None, "and nothing beside it");
        assert_eq!(next(&[1, 3, 4, 5], &[0]), None, "and nothing before it");
    }

    #[test]
    fn what_only_waits_has_its_own_lane_and_its_place_in_the_order() {
        let waits = |waiting: &[usize], running: &[usize]| {
            queue(waiting, running).next(true, |one| TABLE[one])
        };
        assert_eq!(next(&[6, 2], &[]), Some(2), "the others go past it");
        assert_eq!(next(&[6, 3], &[]), None, "but what is alone does not");
        assert_eq!(waits(&[6, 2], &[0, 1]), Some(6));
        assert_eq!(waits(&[2, 6], &[0, 1]), None, "it does not overtake");
        assert_eq!(waits(&[2], &[]), None, "nothing else is for its lane");
    }

    #[test]
    fn what_is_taken_runs_and_no_longer_waits() {
        let mut queue = queue(&[0, 1, 2], &[]);
        assert_eq!(queue.next(false, |one| TABLE[one]), Some(0));
        assert_eq!((queue.waiting, queue.running), (vec![1, 2], vec![0]));
    }
}
