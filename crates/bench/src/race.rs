//! One measurement: from a common start to the end of the last thread.
//!
//! The threads stay on processors of their own.

use crate::variants::ThisThread;
use ladder::Variant;
use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

/// Has `threads` threads do `pairs` pairs each on a variant, all at once. Returns the nanoseconds from the
/// first start to the last end.
pub fn race(variant: &dyn Variant, threads: usize, pairs: u64) -> u64 {
    let ready = AtomicUsize::new(0);
    let run = |number: usize| {
        stay_on_processor(number);
        ThisThread::is(number);
        // Relaxed: a common start orders nothing but time.
        ready.fetch_add(1, Ordering::Relaxed);
        while ready.load(Ordering::Relaxed) != threads {
            hint::spin_loop();
        }
        let start = Instant::now();
        variant.pairs(number, pairs);
        (start, Instant::now())
    };
    let times: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|number| scope.spawn(move || run(number))).collect();
        started.into_iter().map(|one| one.join().expect("a variant does not panic")).collect()
    });
    let start = times.iter().map(|&(start, _)| start).min();
    let end = times.iter().map(|&(_, end)| end).max();
    start.zip(end).map_or(0, |(start, end)| (end - start).as_nanos() as u64).max(1)
}

/// Keeps the calling thread on processor `number` of those that we may use. Without this the system would
/// still run each thread, but might move it to another processor, and its cache lines with it.
#[cfg(target_os = "linux")]
fn stay_on_processor(number: usize) {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;
    let this_thread = Pid::from_raw(0);
    let Ok(allowed) = sched_getaffinity(this_thread) else { return };
    let ours = |&processor: &usize| allowed.is_set(processor).unwrap_or(false);
    let Some(processor) = (0..CpuSet::count()).filter(ours).nth(number) else { return };
    let mut one = CpuSet::new();
    if one.set(processor).is_ok() {
        let _ = sched_setaffinity(this_thread, &one); // it is only better with it
    }
}

#[cfg(not(target_os = "linux"))]
fn stay_on_processor(_number: usize) {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variants;
    use ladder::{About, Kind, Words};
    use rundown::CurrentSlot;
    use std::sync::Mutex;
    use std::time::Duration;

    static ABOUT: About = About::new("watch", "a stopwatch", Kind::Wrong);

    /// Takes one millisecond for a pair, on thread 0 twice that, and notes who has called.
    #[derive(Default)]
    struct Watch(Mutex<Vec<Call>>);

    /// A thread's number, the slot that it has, its pairs, and the processors that it may use.
    type Call = (usize, usize, u64, Vec<usize>);

    impl Variant for Watch {
        fn about(&self) -> &'static About {
            &ABOUT
        }

        fn pairs(&self, core: usize, count: u64) {
            thread::sleep(Duration::from_millis(if core == 0 { 2 * count } else { count }));
            self.0.lock().unwrap().push((core, ThisThread::current_slot(), count, allowed()));
        }

        fn reset(&self) -> i64 {
            0
        }

        fn words(&self) -> Words {
            Words::of(&self.0)
        }
    }

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

    #[test]
    fn a_race_lasts_until_its_slowest_thread_has_ended() {
        let watch = Watch::default();
        assert!(race(&watch, 2, 5) >= 10_000_000);
        let mut calls = watch.0.into_inner().unwrap();
        calls.sort_unstable();
        let told = calls.iter().map(|&(number, slot, pairs, _)| (number, slot, pairs));
        assert_eq!(told.collect::<Vec<_>>(), [(0, 0, 5), (1, 1, 5)]);
    }

    #[test]
    fn each_thread_stays_on_a_processor_of_its_own() {
        let processors = allowed();
        let watch = Watch::default();
        // One thread more than processors: that one is free to go where it likes.
        race(&watch, processors.len() + 1, 0);
        let mut calls = watch.0.into_inner().unwrap();
        calls.sort_unstable();
        let places = calls.into_iter().map(|(.., places)| places);
        let each = processors.iter().map(|&processor| vec![processor]);
        let wanted = each.chain([processors.clone()]);
        assert_eq!(places.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
    }

    #[test]
    fn more_threads_than_processors_end_too_and_count_right() {
        let threads = thread::available_parallelism().map_or(1, usize::from) + 1;
        for variant in variants::all(threads) {
            assert!(race(&*variant, threads, 100) > 0);
            let left = variant.reset();
            assert!(left == 0 || !variant.about().is_exact(), "{}", variant.name());
        }
    }
}
