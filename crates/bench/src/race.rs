//! One measurement: from a common start to the end of the last thread.
//!
//! The threads stay on processors of their own, and they stay the same from one measurement to the next: what
//! a thread gets when it first uses an object, as the number of `rundown::ThreadSlot`, is not measured.

use crate::variants::ThisThread;
use rayon_core::{ThreadPool, ThreadPoolBuilder};
use rundown::{CurrentSlot, ThreadSlot};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

/// Threads that are there for every measurement.
pub struct Team {
    pool: ThreadPool,
    processors: Processors,
}

impl Team {
    /// Starts `threads` threads. Those that come first get the lowest numbers of `rundown::ThreadSlot` that
    /// are left, in their order.
    ///
    /// # Panics
    ///
    /// When the system has no more threads.
    pub fn new(threads: usize) -> Self {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let turn = AtomicUsize::new(0);
        pool.broadcast(|thread| {
            // Acquire and Release: whose turn it is has seen the numbers before its own.
            while turn.load(Ordering::Acquire) != thread.index() {
                thread::yield_now();
            }
            let _ = ThreadSlot::current_slot();
            turn.fetch_add(1, Ordering::Release);
        });
        Self { pool, processors: Processors::allowed() }
    }

    /// Has the first `threads` threads do `work` with their number, all at once. Returns the nanoseconds from
    /// the first start to the last end.
    ///
    /// # Panics
    ///
    /// When there are not so many threads.
    pub fn race(&self, threads: usize, work: impl Fn(usize) + Sync) -> u64 {
        assert!(threads <= self.pool.current_num_threads(), "{threads} threads are too many");
        let ready = AtomicUsize::new(0);
        let times = self.pool.broadcast(|thread| {
            let number = thread.index();
            if number >= threads {
                return None;
            }
            self.processors.stay_on(number);
            ThisThread::is(number);
            // Relaxed: a common start orders nothing but time.
            ready.fetch_add(1, Ordering::Relaxed);
            while ready.load(Ordering::Relaxed) != threads {
                thread::yield_now();
            }
            let start = Instant::now();
            work(number);
            Some((start, Instant::now()))
        });
        let times = || times.iter().flatten();
        let start = times().map(|&(start, _)| start).min();
        let end = times().map(|&(_, end)| end).max();
        start.zip(end).map_or(0, |(start, end)| (end - start).as_nanos() as u64).max(1)
    }

    /// Has the first thread do `work` alone. Returns what that returns.
    pub fn alone<T: Send>(&self, work: impl Fn() -> T + Sync) -> T {
        let results = self.pool.broadcast(|thread| {
            (thread.index() == 0).then(|| {
                self.processors.stay_on(0);
                work()
            })
        });
        results.into_iter().flatten().next().expect("a team has a first thread")
    }
}

/// The processors that this program may use, where the system tells.
struct Processors {
    #[cfg(target_os = "linux")]
    allowed: Option<nix::sched::CpuSet>,
}

impl Processors {
    fn allowed() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            allowed: nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0)).ok(),
        }
    }

    /// Keeps the calling thread on processor `number` of these; beyond the last, it may go where it likes.
    /// Without this the system would still run each thread, but might move it to another processor, and its
    /// cache lines with it.
    #[cfg(target_os = "linux")]
    fn stay_on(&self, number: usize) {
        use nix::sched::{CpuSet, sched_setaffinity};
        let Some(allowed) = self.allowed else { return };
        let ours = |&processor: &usize| allowed.is_set(processor).unwrap_or(false);
        let mut places = allowed;
        if let Some(processor) = (0..CpuSet::count()).filter(ours).nth(number) {
            places = CpuSet::new();
            let _ = places.set(processor); // it is a member of the other set
        }
        let _ = sched_setaffinity(nix::unistd::Pid::from_raw(0), &places); // it is only better with it
    }

    #[cfg(not(target_os = "linux"))]
    fn stay_on(&self, _number: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variants;
    use std::sync::Mutex;
    use std::time::Duration;

    #[cfg(target_os = "linux")]
    fn allowed() -> Vec<usize> {
        use nix::sched::{CpuSet, sched_getaffinity};
        let set = sched_getaffinity(nix::unistd::Pid::from_raw(0)).unwrap();
        (0..CpuSet::count()).filter(|&processor| set.is_set(processor).unwrap()).collect()
    }

    #[cfg(not(target_os = "linux"))]
    fn allowed() -> Vec<usize> {
        Vec::new()
    }

    /// Races, and returns what each thread that took part says, in their order.
    fn said<T: Ord + Send>(team: &Team, threads: usize, say: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let said = Mutex::new(Vec::new());
        team.race(threads, |number| {
            let word = say(number);
            said.lock().unwrap().push((number, word));
        });
        let mut said = said.into_inner().unwrap();
        said.sort_unstable();
        said.into_iter().map(|(_, word)| word).collect()
    }

    #[test]
    fn a_race_lasts_until_its_slowest_thread_has_ended() {
        let wait = |number| thread::sleep(Duration::from_millis(if number == 0 { 10 } else { 5 }));
        assert!(Team::new(2).race(2, wait) >= 10_000_000);
    }

    #[test]
    fn the_first_threads_take_part_each_with_the_slot_of_its_number() {
        let team = Team::new(3);
        for threads in [2, 1, 3] {
            let slots = said(&team, threads, |number| (number, ThisThread::current_slot()));
            assert_eq!(slots, (0..threads).map(|number| (number, number)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_thread_keeps_its_thread_slot_and_earlier_threads_have_lower_ones() {
        let team = Team::new(4);
        let slots = said(&team, 4, |_| ThreadSlot::current_slot());
        assert!(slots.is_sorted_by(|one, next| one < next), "{slots:?}");
        assert_eq!(said(&team, 4, |_| ThreadSlot::current_slot()), slots);
    }

    #[test]
    #[should_panic(expected = "3 threads are too many")]
    fn more_threads_than_the_team_has_are_refused() {
        Team::new(2).race(3, |_| {});
    }

    #[test]
    fn each_thread_stays_on_a_processor_of_its_own() {
        let processors = allowed();
        let team = Team::new(processors.len() + 1);
        // One thread more than processors: that one is free to go where it likes.
        let each = processors.iter().map(|&processor| vec![processor]);
        let wanted: Vec<_> = each.chain([processors.clone()]).collect();
        for _ in 0..2 {
            assert_eq!(said(&team, processors.len() + 1, |_| allowed()), wanted);
        }
    }

    #[test]
    fn more_threads_than_processors_end_too_and_count_right() {
        let threads = thread::available_parallelism().map_or(1, usize::from) + 1;
        let team = Team::new(threads);
        for variant in variants::all(threads) {
            assert!(team.race(threads, |number| variant.pairs(number, 100)) > 0);
            let left = variant.reset();
            assert!(left == 0 || !variant.about().is_exact(), "{}", variant.name());
        }
    }
}
