//! Every rung on threads of the host: right, but for the one that is wrong on purpose.

use ladder::{Drains, NAMES, Rung, SLOTS, SharedCas, all};
use rundown::CurrentSlot;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

const THREADS: usize = 4;
/// Miri interprets: some hundred pairs are enough for it to see a race.
const PAIRS: u64 = if cfg!(miri) { 50 } else { 20_000 };

thread_local! {
    static CORE: Cell<usize> = const { Cell::new(0) };
}

struct ThisThread;

impl CurrentSlot for ThisThread {
    fn current_slot() -> usize {
        CORE.get()
    }
}

fn rungs() -> Vec<Box<dyn Rung>> {
    all::<ThisThread, spin::Spin>(THREADS)
}

/// Runs `work` on so many threads at once, each with its own number.
fn on_threads(threads: usize, work: impl Fn(usize) + Sync) {
    let start = Barrier::new(threads);
    thread::scope(|scope| {
        for core in 0..threads {
            let (start, work) = (&start, &work);
            scope.spawn(move || {
                CORE.set(core);
                start.wait();
                work(core);
            });
        }
    });
}

#[test]
fn all_rungs_have_the_names_that_are_announced() {
    let names: Vec<_> = rungs().iter().map(|rung| rung.name()).collect();
    assert_eq!(names, NAMES);
}

#[test]
fn one_core_alone_is_always_right() {
    for rung in rungs() {
        rung.pairs(0, PAIRS);
        assert_eq!(rung.settle(), 0, "{}", rung.name());
        rung.pairs(THREADS - 1, 1);
        assert_eq!(rung.settle(), 0, "{}", rung.name());
    }
}

#[test]
fn several_cores_at_once_are_right_but_for_racy() {
    for rung in rungs().iter().filter(|rung| rung.is_exact()) {
        for round in 0..3 {
            on_threads(THREADS, |core| rung.pairs(core, PAIRS));
            assert_eq!(rung.settle(), 0, "{}, round {round}", rung.name());
        }
    }
    let inexact: Vec<_> =
        rungs().iter().filter(|rung| !rung.is_exact()).map(|r| r.name()).collect();
    assert_eq!(inexact, ["racy"]);
}

/// Two threads must run at the same moment, which on a busy host may take a while. On one processor they
/// never do: there the add of x86-64 is one instruction that no switch of threads divides.
#[test]
fn racy_loses_counts() {
    if thread::available_parallelism().map_or(1, usize::from) < 2 {
        eprintln!("not run: this host has 1 processor");
        return;
    }
    let racy = &rungs()[0];
    let give_up = Instant::now() + Duration::from_secs(60);
    let mut pairs = PAIRS;
    loop {
        on_threads(2, |core| racy.pairs(core, pairs));
        if racy.settle() != 0 {
            return;
        }
        assert!(Instant::now() < give_up, "no count was lost in a minute");
        pairs = (2 * pairs).min(500 * PAIRS);
    }
}

/// Words lie as far apart as their names say, and no rung shares a line of 128 bytes with another.
#[test]
fn words_lie_where_they_should() {
    let rungs = rungs();
    let mut lines = BTreeSet::new();
    for rung in &rungs {
        let words = rung.words();
        let (start, end) = (words.range.start.addr(), words.range.end.addr());
        assert_eq!(start % 128, 0, "{}: {start:#x}", rung.name());
        for line in start / 128..end.div_ceil(128) {
            assert!(lines.insert(line), "{} shares line {line:#x}", rung.name());
        }
        let stride = match rung.name() {
            "packed" => size_of::<usize>(),
            "padded64" => 64,
            "padded128" => 128,
            "cache_aware" => rundown::CACHE_LINE,
            _ => 0,
        };
        assert_eq!(words.stride, stride, "{}", rung.name());
        if stride > 0 {
            assert!(end - start > (THREADS - 1) * stride, "{}: a word a core", rung.name());
        } else {
            assert!(end - start <= 64, "{}: {} bytes", rung.name(), end - start);
        }
    }
}

#[test]
fn a_marked_word_lets_nobody_in() {
    let word = SharedCas::default();
    assert!(word.acquire() && word.acquire() && word.release());
    assert_eq!(word.mark(), 1);
    assert!(!word.acquire() && !word.release());
    assert_eq!(word.mark(), 1, "a refusal changes nothing");
}

#[test]
#[should_panic(expected = "nobody has set the mark")]
fn a_refusal_is_no_pair() {
    let word = SharedCas::default();
    word.mark();
    word.pairs(0, 1);
}

#[test]
#[should_panic(expected = "core 4 of 4")]
fn a_core_beyond_the_last_is_refused() {
    rungs()[6].pairs(THREADS, 1);
}

#[test]
fn drains_end_at_once_again_and_again() {
    let most = if cfg!(miri) { 8 } else { 512 };
    for slots in SLOTS.into_iter().filter(|&slots| slots <= most) {
        let objects = Drains::<ThisThread>::new(slots);
        assert_eq!(objects.count() * slots, 512);
        for _ in 0..2 {
            assert_eq!(objects.drain(), objects.count());
            objects.revive();
        }
        assert_eq!(Drains::<ThisThread>::some(3, slots).drain(), 3);
    }
}
