//! What a pair of additions without a lock prefix costs, beside the least that a pair with one can cost: an
//! acquire-add and a release-add, each with a test, on a line of the thread's own.
//!
//! `cargo run --release -p rundown --target host-tuple --features std --example sections`
//!
//! Medians of rounds that take turns. The clock of a shared machine drifts: only the ratios count.

use cache_line::CacheLine;
use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;
use std::{array, thread};
use sync::{AtomicUsize, Ordering};
use unlocked::{Added, HOLD, Unlocked};

// What is measured is not public, so the crate's own files are part of this program.
#[allow(dead_code, reason = "a part is used")]
#[path = "../src/cache_line.rs"]
mod cache_line;
#[allow(dead_code, reason = "a part is used")]
#[path = "../src/limits.rs"]
mod limits;
#[allow(dead_code, reason = "a part is used")]
#[cfg_attr(all(target_os = "linux", target_env = "gnu"), path = "../src/rseq.rs")]
#[cfg_attr(not(all(target_os = "linux", target_env = "gnu")), path = "../src/rseq_none.rs")]
mod rseq;
#[allow(dead_code, reason = "a part is used")]
#[cfg_attr(
    all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"),
    path = "../src/sections.rs"
)]
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")),
    path = "../src/sections_none.rs"
)]
mod sections;
#[allow(unused, reason = "a part is used")]
#[path = "../src/sync.rs"]
mod sync;
#[allow(dead_code, reason = "a part is used")]
#[path = "../src/unlocked.rs"]
mod unlocked;

/// More than there are processors on most machines; on one with more, sections don't add.
const PROCESSORS: usize = 256;
const PAIRS: usize = 1_000_000;
const ROUNDS: usize = 41;

/// What the threads share.
struct Words {
    mark: CacheLine<AtomicUsize>,
    counters: [CacheLine<Unlocked>; PROCESSORS],
}

/// A pair of locked additions, on this thread's own line. Returns how many saw a mark.
#[inline(never)]
fn locked(_: &Words, pairs: usize) -> usize {
    let own = CacheLine(AtomicUsize::new(0));
    let word = &black_box(&own).0;
    let mut marked = 0;
    for _ in 0..pairs {
        marked += word.fetch_add(2, Ordering::Acquire) & 1;
        marked += word.fetch_sub(2, Ordering::Release) & 1;
    }
    marked
}

/// A pair of additions in sections. Returns how many were not made, for something came in between.
#[inline(never)]
fn sections(words: &Words, pairs: usize) -> usize {
    let add = |amount| {
        let first = &raw const words.counters[0].0;
        // SAFETY: `PROCESSORS` counters lie there, a line each, and only this function adds to them.
        let result = unsafe { sections::add(first, PROCESSORS, &raw const words.mark.0, amount) };
        usize::from(result != Added::Done)
    };
    (0..pairs).map(|_| add(HOLD) + add(-HOLD)).sum()
}

/// Returns the nanoseconds of a pair, all threads together, and what the threads returned.
fn time(threads: usize, pairs: fn(&Words, usize) -> usize, words: &Words) -> (f64, usize) {
    let ready = Barrier::new(threads + 1);
    let each = PAIRS / threads;
    thread::scope(|scope| {
        let run = || {
            ready.wait();
            pairs(words, each)
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        ready.wait();
        let start = Instant::now();
        let sum = running.into_iter().map(|thread| thread.join().unwrap()).sum();
        (start.elapsed().as_nanos() as f64 / (each * threads) as f64, sum)
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let words = Words {
        mark: CacheLine(AtomicUsize::new(0)),
        counters: array::from_fn(|_| CacheLine(Unlocked::new())),
    };
    if sections(&words, 100) == 200 {
        println!("there are no sections here");
        return;
    }
    for threads in [1, 2, 4] {
        let (mut with, mut without, mut between) = (Vec::new(), Vec::new(), 0);
        for _ in 0..ROUNDS {
            with.push(time(threads, locked, &words).0);
            let (nanoseconds, not) = time(threads, sections, &words);
            without.push(nanoseconds);
            between += not;
        }
        println!(
            "{threads} threads: {:.2} of two locked additions; {between} of {} additions not made",
            median(without) / median(with),
            2 * PAIRS * ROUNDS,
        );
    }
    let start = Instant::now();
    (0..1_000).for_each(|_| sections::restart());
    println!("a restart with one thread: {:?}", start.elapsed() / 1_000);
}
