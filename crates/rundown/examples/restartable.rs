//! From how many pairs a run-down on the restartable object pays: the price of a pair and of a drain, beside
//! that of the cache-aware object with a slot a processor.
//!
//! `cargo run --release -p rundown --target host-tuple --features std --example restartable`
//!
//! Medians of rounds that take turns. The clock of a shared machine drifts: only the ratios count.

use rundown::{Blocking, CacheAwareRundownRef, ProcessorSlot, RestartableRundownRef, Rundown};
use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

const PAIRS: usize = 300_000;
const AT_ONCE: usize = 20;
const DRAINS: usize = 50;
const ROUNDS: usize = 31;

/// Acquires and releases.
#[inline(never)]
fn pairs<R: Rundown + ?Sized>(object: &R, pairs: usize) {
    for _ in 0..pairs {
        drop(black_box(object.try_acquire()));
    }
}

/// Returns the nanoseconds of a pair of one of so many threads, by the threads' own clocks.
fn pair<R: Rundown + ?Sized>(object: &R, threads: usize) -> f64 {
    let ready = Barrier::new(threads);
    thread::scope(|scope| {
        let run = || {
            ready.wait();
            let start = Instant::now();
            pairs(object, PAIRS);
            start.elapsed().as_nanos() as f64 / PAIRS as f64
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let times = running.into_iter().map(|thread| thread.join().unwrap());
        times.sum::<f64>() / threads as f64
    })
}

/// Returns the nanoseconds of a wait for nobody and a re-initialisation, while so many other threads run.
///
/// Only drains count during which they did run: a restart interrupts those that run.
fn drain<R: Rundown + ?Sized>(object: &R, others: usize) -> f64 {
    let (end, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..others {
            scope.spawn(|| {
                while !end.load(Ordering::Relaxed) {
                    rounds.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut times = Vec::new();
        while times.len() < DRAINS {
            let before = rounds.load(Ordering::Relaxed);
            let start = Instant::now();
            for _ in 0..AT_ONCE {
                object.wait();
                object.reinitialize().expect("nobody else waits");
            }
            let took = start.elapsed().as_nanos() as f64 / AT_ONCE as f64;
            if rounds.load(Ordering::Relaxed) - before >= 100 * others {
                times.push(took);
            }
        }
        end.store(true, Ordering::Relaxed);
        median(times)
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Measures both by turns, prints the medians, and returns how much more the second takes.
fn compare(what: &str, one: impl Fn() -> f64, other: impl Fn() -> f64) -> f64 {
    let rounds: Vec<_> = (0..ROUNDS).map(|_| (one(), other())).collect();
    let (ones, others) = rounds.into_iter().unzip();
    let (one, other) = (median(ones), median(others));
    println!("{what}: {one:.1} ns, {other:.1} ns, {:.2}", one / other);
    other - one
}

fn main() {
    let slots = ProcessorSlot::slot_count();
    let restartable = &*RestartableRundownRef::<Blocking>::boxed_with(slots).unwrap();
    let locked = &*CacheAwareRundownRef::<ProcessorSlot, Blocking>::boxed(slots).unwrap();
    println!("{slots} slots: restartable, cache-aware, the first in parts of the second");
    let saved = compare("a pair", || pair(restartable, 1), || pair(locked, 1));
    compare("a pair of each of 2 threads", || pair(restartable, 2), || pair(locked, 2));
    for others in [0, 1] {
        let what = format!("a drain, {others} threads beside it");
        let lost = -compare(&what, || drain(restartable, others), || drain(locked, others));
        println!("  which is made good by {:.0} pairs", lost / saved);
    }
}
