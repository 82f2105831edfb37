//! What the run-down of an idle object costs, beside a bare sweep over as many words.
//!
//! Measured is the wait alone, which begins the run-down; that the objects are made live again is not. One drain of
//! few slots takes less time than a clock can tell, so several objects are drained one after the other, with as
//! many slots in all as fit in a core's first cache.

use crate::everybody::limits::{LIMIT, clear, sweep, words};
use crate::everybody::ours::boxes::{boxed_with, pool};
use crate::everybody::ours::{BOXED, PLAIN, POOLED};
use crate::everybody::results::{Point, Timed, What};
use crate::race::Team;
use rundown::{CacheLine, Rundown, RundownRef, Spin, ThreadSlot};
use std::hint::black_box;
use std::ops::Deref;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

/// The numbers of slots that are measured.
pub const SLOTS: [usize; 5] = [1, 4, 16, 64, 256];
/// Slots of all objects together that are drained between two looks at the clock.
const AT_ONCE: usize = 128;

/// Returns what is measured, each so many times a round, on a thread of the team: a line a form.
pub fn timed(team: &Team, times: u64) -> Vec<Timed<'_>> {
    let of_each = SLOTS.into_iter().flat_map(|slots| {
        let rows: Vec<_> = (0..objects(slots)).map(|_| words(slots)).collect();
        let pooled = pool(slots);
        [
            one(team, LIMIT, slots, times, move |clock| bare(clock, &rows)),
            ours(team, BOXED, slots, times, boxed_with::<ThreadSlot>),
            ours(team, POOLED, slots, times, |_| pooled()),
        ]
    });
    of_each.chain([ours(team, PLAIN, 1, times, |_| Box::<RundownRef<Spin>>::default())]).collect()
}

/// Returns how many objects with so many slots are drained between two looks at the clock.
fn objects(slots: usize) -> usize {
    (AT_ONCE / slots).max(1)
}

/// Drains objects that `make` makes, each with so many slots.
fn ours<'a, R: Rundown + ?Sized, T: Deref<Target = R> + Send + Sync + 'a>(
    team: &'a Team,
    candidate: &'static str,
    slots: usize,
    times: u64,
    make: impl Fn(usize) -> T,
) -> Timed<'a> {
    let objects: Vec<T> = (0..objects(slots)).map(|_| make(slots)).collect();
    one(team, candidate, slots, times, move |clock| drained(clock, &objects))
}

/// `drain` drains as many objects as [`objects`] says, and returns what that took by the clock.
fn one<'a>(
    team: &'a Team,
    candidate: &'static str,
    slots: usize,
    times: u64,
    drain: impl Fn(Clock) -> u64 + Sync + 'a,
) -> Timed<'a> {
    let all = move || {
        let clock = Clock::new();
        (0..times).map(|_| drain(clock)).sum::<u64>().max(1)
    };
    Timed {
        point: Point::new(candidate, What::Drain { slots }),
        operations: times * objects(slots) as u64,
        run: Box::new(move || team.alone(&all)),
    }
}

fn bare(clock: Clock, rows: &[Box<[CacheLine<AtomicUsize>]>]) -> u64 {
    let (time, counted) =
        clock.time(|| rows.iter().fold(0, |sum: usize, row| sum.wrapping_add(sweep(row))));
    black_box(counted);
    rows.iter().for_each(|row| clear(row));
    time
}

fn drained<R: Rundown + ?Sized, T: Deref<Target = R>>(clock: Clock, objects: &[T]) -> u64 {
    let (time, ()) = clock.time(|| objects.iter().for_each(|object| object.wait()));
    for object in objects {
        object.reinitialize().unwrap_or_else(|error| panic!("{error}"));
    }
    time
}

/// A clock that leaves out what looking at it costs.
#[derive(Clone, Copy)]
struct Clock {
    cost: u64,
}

impl Clock {
    fn new() -> Self {
        let none = Self { cost: 0 };
        Self { cost: (0..100).map(|_| none.time(|| ()).0).min().unwrap_or(0) }
    }

    /// Returns the nanoseconds that `work` takes, and what it returns.
    fn time<T>(self, work: impl FnOnce() -> T) -> (u64, T) {
        let start = Instant::now();
        let result = work();
        let nanoseconds = start.elapsed().as_nanos() as u64;
        (nanoseconds.saturating_sub(self.cost), result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::sleep;
    use std::time::Duration;

    #[test]
    fn every_number_of_slots_is_drained_bare_boxed_and_pooled_and_one_plain() {
        let team = Team::new(1);
        let timed = timed(&team, 2);
        let points: Vec<Point> = timed.iter().map(|one| one.point).collect();
        let drain = |candidate| move |slots| Point::new(candidate, What::Drain { slots });
        let wanted = SLOTS
            .into_iter()
            .flat_map(|slots| [LIMIT, BOXED, POOLED].map(|name| drain(name)(slots)));
        assert_eq!(points, wanted.chain([drain(PLAIN)(1)]).collect::<Vec<_>>());
        for one in &timed {
            let What::Drain { slots } = one.point.what else { panic!("{:?}", one.point) };
            assert_eq!(one.operations, if slots == 256 { 2 } else { 2 * 128 / slots as u64 });
            // What was drained is drained again.
            assert!((one.run)() > 0 && (one.run)() > 0);
        }
    }

    #[test]
    fn drained_objects_are_live_again() {
        let objects = [boxed_with::<ThreadSlot>(2), boxed_with::<ThreadSlot>(2)];
        drained(Clock::new(), &objects);
        assert!(objects.iter().all(|object| object.try_acquire().is_ok()));
        let rows = [words(2)];
        bare(Clock::new(), &rows);
        assert_eq!(sweep(&rows[0]), 0);
    }

    #[test]
    fn a_drain_takes_its_time() {
        // No processor marks so many words in a nanosecond.
        let clock = Clock { cost: 0 };
        let objects = [boxed_with::<ThreadSlot>(256), boxed_with::<ThreadSlot>(256)];
        assert!(drained(clock, &objects) > 1);
        assert!(bare(clock, &[words(256), words(256)]) > 1);
    }

    #[test]
    fn the_clock_tells_what_the_work_takes_without_its_own_cost() {
        let (time, result) = Clock { cost: 3_000_000 }.time(|| sleep(Duration::from_millis(4)));
        assert_eq!(result, ());
        assert!(time >= 1_000_000);
        assert_eq!(Clock { cost: u64::MAX }.time(|| 5), (0, 5));
    }
}
