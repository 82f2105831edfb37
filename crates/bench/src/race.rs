//! One measurement: from a common start to the end of the last thread.
//!
//! The threads stay on processors of their own.

use crate::variants::ThisThread;
use ladder::Variant;
use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

/// Returns how many threads can run at once.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Has `threads` threads do `pairs` pairs each on a variant, all at once. Returns the nanoseconds from the
/// first start to the last end.
pub fn race(variant: &dyn Variant, threads: usize, pairs: u64) -> u64 {
    let ready = AtomicUsize::new(0);
    let run = |number: usize| {
        stay_on_processor(number);
        ThisThread::is(number);
        // Relaxed: a common start orders nothing but time.
        ready.fetch_add(1, Ordering::Relaxed);
        while ready.load(Ordering::Relaxed) < threads {
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

    #[test]
    fn more_threads_than_processors_end_too_and_count_right() {
        let threads = processors() + 1;
        for variant in variants::all(threads) {
            assert!(race(&*variant, threads, 100) > 0);
            let left = variant.reset();
            assert!(left == 0 || !variant.about().is_exact(), "{}", variant.name());
        }
    }
}
