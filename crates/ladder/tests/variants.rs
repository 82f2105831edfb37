//! Every variant on threads of the host: counts are right.
//!
//! Those that are wrong on purpose lose counts.

use ladder::{Drains, Kind, Platform, SLOTS, VARIANTS, Variant, all, find};
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

impl Platform for ThisThread {
    type Slot = Self;
    type Relax = spin::Spin;
}

fn variants() -> Vec<Box<dyn Variant>> {
    all::<ThisThread>(THREADS)
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
fn what_is_made_is_what_the_list_describes() {
    let made: Vec<_> = variants().iter().map(|variant| variant.about()).collect();
    assert_eq!(made, VARIANTS.iter().collect::<Vec<_>>());
    let names: BTreeSet<_> = VARIANTS.iter().map(|about| about.name).collect();
    assert_eq!(names.len(), VARIANTS.len(), "two variants have one name");
    assert_eq!(find("plain").map(|about| about.name), Some("plain"));
    assert_eq!(find("x"), None);
}

/// `cargo fmt` does not see the modules that the list declares.
#[cfg(not(miri))]
#[test]
fn the_files_of_the_variants_are_formatted() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/variants");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let listed: BTreeSet<_> = VARIANTS.iter().map(|about| format!("{}.rs", about.name)).collect();
    let found: BTreeSet<_> =
        files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(found, listed, "a file for each variant, under its name");
    let output = std::process::Command::new("rustfmt")
        .args(["--check", "--edition", "2024"])
        .args(&files)
        .output()
        .expect("rustfmt, which is part of the toolchain");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "run rustfmt --edition 2024 crates/ladder/src/variants/*.rs\n{said}"
    );
}

#[test]
fn one_core_alone_is_always_right() {
    for variant in variants() {
        variant.pairs(0, PAIRS);
        assert_eq!(variant.reset(), 0, "{}", variant.name());
        variant.pairs(THREADS - 1, 1);
        assert_eq!(variant.reset(), 0, "{}", variant.name());
    }
}

#[test]
fn several_cores_at_once_are_right_unless_it_is_wrong_on_purpose() {
    for variant in variants().iter().filter(|variant| variant.about().is_exact()) {
        for round in 0..3 {
            on_threads(THREADS, |core| variant.pairs(core, PAIRS));
            assert_eq!(variant.reset(), 0, "{}, round {round}", variant.name());
        }
    }
}

/// Two threads must run at the same moment, which on a busy host may take a while. On one processor they
/// never do: there the add of x86-64 is one instruction that no switch of threads divides.
#[test]
fn what_is_wrong_on_purpose_loses_counts() {
    if thread::available_parallelism().map_or(1, usize::from) < 2 {
        eprintln!("not run: this host has 1 processor");
        return;
    }
    for wrong in variants().iter().filter(|variant| !variant.about().is_exact()) {
        let give_up = Instant::now() + Duration::from_secs(60);
        let mut pairs = PAIRS;
        while wrong.reset() == 0 {
            assert!(Instant::now() < give_up, "{} lost no count in a minute", wrong.name());
            on_threads(2, |core| wrong.pairs(core, pairs));
            pairs = (2 * pairs).min(500 * PAIRS);
        }
    }
}

/// Words lie as far apart as their kind says, and no variant shares a line of 128 bytes with another.
#[test]
fn words_lie_where_they_should() {
    let variants = variants();
    let mut lines = BTreeSet::new();
    for variant in &variants {
        let (name, words) = (variant.name(), variant.words());
        let (start, end) = (words.range.start.addr(), words.range.end.addr());
        assert_eq!(start % 128, 0, "{name}: {start:#x}");
        for line in start / 128..end.div_ceil(128) {
            assert!(lines.insert(line), "{name} shares line {line:#x}");
        }
        let strides = match variant.about().kind {
            Kind::Wrong | Kind::Lock | Kind::OneWord => 0..1,
            Kind::OneLine => 1..64,
            Kind::OwnLine => 64..usize::MAX,
        };
        assert!(strides.contains(&words.stride), "{name}: {} bytes apart", words.stride);
        match words.stride {
            0 => assert!(end - start <= 64, "{name}: {} bytes", end - start),
            stride => assert!(end - start > (THREADS - 1) * stride, "{name}: a word a core"),
        }
    }
    for (name, stride) in [
        ("packed", size_of::<usize>()),
        ("padded64", 64),
        ("padded128", 128),
        ("cache_aware", rundown::CACHE_LINE),
        ("pooled", 3 * rundown::CACHE_LINE), // the shortest rows that a pool has
    ] {
        let variant = variants.iter().find(|variant| variant.name() == name);
        assert_eq!(variant.map(|variant| variant.words().stride), Some(stride), "{name}");
    }
}

#[test]
#[should_panic(expected = "core 4 of 4")]
fn a_core_beyond_the_last_is_refused() {
    ladder::variants::packed::make::<ThisThread>(THREADS).pairs(THREADS, 1);
}

#[test]
fn drains_end_at_once_again_and_again() {
    let most = if cfg!(miri) { 8 } else { 512 };
    for slots in SLOTS.into_iter().filter(|&slots| slots <= most) {
        let objects = Drains::<ThisThread>::new(slots);
        assert_eq!(objects.count() * slots, 512);
        let ticks = Cell::new(0);
        for _ in 0..2 {
            // A clock that goes on by 512 ticks from one look to the next: each object takes `slots`.
            let now = || ticks.replace(ticks.get() + 512);
            assert_eq!(objects.time(now, 1_000_000_000), Some(slots as u64 * 1000));
        }
        assert_eq!(Drains::<ThisThread>::some(3, slots).drain(), 3);
    }
}
