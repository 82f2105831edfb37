//! One measurement: threads on processors of their own, a common start, the end of the last one.

use crate::candidates::ThisThread;
use ladder::Rung;
use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How many threads can run at once.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Has `threads` threads do `pairs` pairs each on a rung, all at once. Returns how long it took.
pub fn race(rung: &dyn Rung, threads: usize, pairs: u64) -> Duration {
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
        rung.pairs(number, pairs);
        (start, Instant::now())
    };
    let times: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|number| scope.spawn(move || run(number))).collect();
        started.into_iter().map(|one| one.join().expect("a rung does not panic")).collect()
    });
    let start = times.iter().map(|&(start, _)| start).min();
    let end = times.iter().map(|&(_, end)| end).max();
    start.zip(end).map_or(Duration::ZERO, |(start, end)| end - start).max(Duration::from_nanos(1))
}

/// Keeps the calling thread on the processor with this number among those that we may use. Without it the
/// system would still run each thread, but might move it, and its lines with it.
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
    use crate::candidates;

    #[test]
    fn more_threads_than_processors_end_too_and_count_right() {
        let threads = processors() + 1;
        for rung in candidates::all(threads) {
            assert!(race(&*rung, threads, 100) > Duration::ZERO);
            assert!(rung.settle() == 0 || !rung.is_exact(), "{}", rung.name());
        }
    }
}
