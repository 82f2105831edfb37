//! What the variants do to the cache lines, counted in `examples/ladder`.
//!
//! It must be what the list of variants promises. Under round robin every core makes one access, then the
//! next core does. So counts can be worked out by hand, and they are the same in each run.

mod common;

use common::{MANY_THREADS, Results};
use ladder::VARIANTS;

/// Returns the counts of the phases with `cores` cores. They must be the same in each run, so it runs twice.
fn run(cores: u64, line: u64, append: &str) -> Option<Results> {
    let append = format!("mode=coherence {append}");
    let arguments = format!(",mode=schedule,policy=round-robin,line={line}");
    let run = || common::run("ladder", MANY_THREADS, cores as usize, &append, &arguments);
    let (first, second) = (run()?, run()?);
    assert_eq!(first.text, second.text, "two runs of one schedule differ");
    Some(first)
}

/// What the list says of each variant, with lines of 64 bytes. In the counted phase no line is cold any more,
/// as the phase before it has used them all.
fn check_list(cores: u64) {
    let pairs = 10;
    let Some(results) = run(cores, 64, &format!("pairs={pairs}")) else { return };
    for about in &VARIANTS {
        let [_, cold, transfers, upgrades] = results.phase(about.name);
        assert_eq!(cold, 0, "{}, {cores} cores", about.name);
        if let Some(exactly) = about.transfers_per_pair {
            let wanted = [exactly * cores * pairs, 0];
            assert_eq!([transfers, upgrades], wanted, "{}, {cores} cores", about.name);
        }
    }
    check_accesses(&results, cores, pairs);
    // Everything has been used. Core 0's own slot is here, and so is a copy of the line that all share: if others
    // have one too, theirs become invalid.
    for slots in (0..).map(|power| 1 << power).take_while(|&slots| slots <= cores) {
        let [_, cold, transfers, upgrades] = results.phase(&format!("drain {slots}"));
        let shared = u64::from(slots > 1);
        assert_eq!([cold, transfers, upgrades], [0, slots - 1, shared], "drain of {slots}");
    }
}

/// Two atomics a pair, and for `cache_aware` two loads more, of the line that all share: has a run-down ended, and how
/// many slots are there? `pooled`, which finds another object each time, asks the latter for the release once more.
fn check_accesses(results: &Results, cores: u64, pairs: u64) {
    let atomics = 2 * cores * pairs;
    for name in ["rw_lock", "shared", "packed", "padded64", "padded128"] {
        assert_eq!(results.phase(name)[0], atomics, "{name}, {cores} cores");
    }
    for (name, loads) in [("cache_aware", 2), ("pooled", 3)] {
        let wanted = atomics + loads * cores * pairs;
        assert_eq!(results.phase(name)[0], wanted, "{name}, {cores} cores");
    }
}

/// With lines of 128 bytes two words of `padded64` share a line, and it travels for every atomic.
fn check_wide_lines(cores: u64) {
    let pairs = 10;
    let Some(results) = run(cores, 128, &format!("pairs={pairs}")) else { return };
    let atomics = 2 * cores * pairs;
    for (name, transfers) in [
        ("shared", atomics),
        ("packed", atomics),
        ("rw_lock", atomics),
        ("padded64", atomics),
        ("padded128", 0),
        ("cache_aware", 0),
        ("pooled", 0),
    ] {
        assert_eq!(results.phase(name)[1..], [0, transfers, 0], "{name}, {cores} cores");
    }
    check_accesses(&results, cores, pairs);
}

#[test]
fn shared_words_travel_for_every_atomic_and_own_lines_stay_with_2_cores() {
    check_list(2);
    check_wide_lines(2);
}

#[test]
fn shared_words_travel_for_every_atomic_and_own_lines_stay_with_8_cores() {
    check_list(8);
    check_wide_lines(8);
}

#[test]
fn shared_words_travel_for_every_atomic_and_own_lines_stay_with_64_cores() {
    check_list(64);
}

/// A core alone keeps what it has once it has it, whatever it does.
#[test]
fn one_core_moves_nothing() {
    let Some(results) = run(1, 64, "") else { return };
    for about in &VARIANTS {
        assert_eq!(results.phase(about.name)[1..], [0, 0, 0], "{}", about.name);
    }
}

/// The load before the add fetches the line to read it, then the add has to get it once more to write
/// it: looking first costs a shared word another transfer, and refusals gain by it.
#[test]
fn looking_before_the_add_costs_a_shared_word_a_transfer_more() {
    let (cores, pairs) = (8, 20);
    let Some(results) = run(cores, 64, &format!("pairs={pairs} rungs=shared,plain")) else {
        return;
    };
    let [_, _, add_only, _] = results.phase("shared");
    assert_eq!(add_only, 2 * cores * pairs);
    // In step, all load, all add, all subtract. Each load fetches the line, but for the last core's,
    // which wrote it before. Each add fetches it again, but for the first core's: that has a copy, and
    // only makes the others' invalid (an upgrade). Each subtraction fetches it.
    let [_, _, load_first, upgrades] = results.phase("plain");
    let in_step = (cores - 1) + (cores - 1) + cores;
    assert_eq!([load_first, upgrades], [in_step * pairs, pairs]);
}

/// Each success makes all others fail, who fetch the line again for the next attempt: with n cores in
/// step the n-th needs n attempts.
#[test]
fn a_loop_that_tries_again_repeats_with_the_number_of_cores() {
    let transfers_per_pair = |cores: u64, name: &str| {
        let pairs = 10;
        let results = run(cores, 64, &format!("pairs={pairs} rungs={name}"))?;
        Some(results.phase(name)[2] / (cores * pairs))
    };
    for name in VARIANTS.iter().filter(|about| about.retries).map(|about| about.name) {
        let Some(few) = transfers_per_pair(4, name) else { return };
        let many = transfers_per_pair(16, name).expect("as before");
        assert!(many >= 3 * few, "{name}: {few} transfers a pair with 4 cores, {many} with 16");
    }
}

/// The table in docs/guide/ladder.md: a row for one variant or more, a column for 2, 8 and 64 cores.
#[test]
fn the_table_of_the_documentation_is_what_is_counted() {
    let page = include_str!("../../../docs/guide/ladder.md");
    let columns = [(2, 100), (8, 100), (64, 12)];
    let mut checked = 0;
    let results: Option<Vec<Results>> =
        columns.iter().map(|&(cores, pairs)| run(cores, 64, &format!("pairs={pairs}"))).collect();
    let Some(results) = results else { return };
    let table = page.lines().skip_while(|line| !line.starts_with("| variant | 2 cores |"));
    for row in table.skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        for name in cells[1].split('`').skip(1).step_by(2) {
            for ((results, (cores, pairs)), cell) in results.iter().zip(columns).zip(&cells[2..]) {
                let [_, _, transfers, _] = results.phase(name);
                let each = transfers as f64 / (cores * pairs) as f64;
                let said = match each {
                    0.0 => "0".to_owned(),
                    0.0..10.0 => format!("{each:.1}"),
                    _ => format!("{each:.0}"),
                };
                assert_eq!(*cell, said, "{name} with {cores} cores");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, VARIANTS.len() * columns.len(), "a cell for every variant");
}
