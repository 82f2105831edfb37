//! What is watched, and counted.

use super::*;
use pct::Random;

fn touch(memory: &Memory, core: usize, phase: u16, address: u64) -> bool {
    let Some(hit) = memory.find(address) else { return false };
    memory.access(hit, core, phase, Access::Atomic, || format!("{address:#x}"));
    true
}

#[test]
fn watches_whole_lines_and_nothing_else() {
    let memory = Memory::new(64, 4);
    assert!(memory.is_empty() && memory.find(0).is_none());
    memory.watch(0x1010..0x1041).unwrap();
    memory.watch(0x3000..0x3040).unwrap();
    for (address, watched) in
        [(0xfff, false), (0x1000, true), (0x107f, true), (0x1080, false), (0x2000, false)]
    {
        assert_eq!(memory.find(address).is_some(), watched, "{address:#x}");
    }
    assert!(memory.find(0x3000).is_some() && memory.find(0x3040).is_none());
    assert!(memory.watch(5..5).is_err() && memory.watch(0..u64::MAX).is_err());
    // Far up as well, where an address alone is more than a region may have.
    memory.watch(1 << 40..(1 << 40) + 64).unwrap();
    assert!(!memory.is_empty() && memory.find((1 << 40) + 63).is_some());
    assert!(memory.find((1 << 40) + 64).is_none() && memory.find(0x3000).is_some());
}

#[test]
fn watching_again_keeps_what_was_counted() {
    let memory = Memory::new(64, 4);
    memory.watch(0x1000..0x1080).unwrap();
    touch(&memory, 0, 1, 0x1000);
    memory.watch(0xf00..0x1100).unwrap();
    touch(&memory, 1, 1, 0x1000);
    assert!(touch(&memory, 1, 1, 0x10c0) && touch(&memory, 1, 1, 0xf00));
    let totals = memory.totals();
    assert_eq!(totals.phases[&1].transfers, 1);
    assert_eq!(totals.phases[&1].cold, 3);
    assert_eq!(totals.lines.len(), 3);
}

#[test]
fn false_sharing_depends_on_the_line() {
    for (line, transfers) in [(64, 0), (128, 199)] {
        let memory = Memory::new(line, 2);
        memory.watch(0x1000..0x1080).unwrap();
        for _ in 0..100 {
            touch(&memory, 0, 1, 0x1000);
            touch(&memory, 1, 1, 0x1040);
        }
        let totals = memory.totals();
        assert_eq!(totals.phases[&1].transfers, transfers, "lines of {line} bytes");
        assert_eq!(totals.phases[&1].atomics, 200);
    }
}

#[test]
fn exclusives_are_one_access() {
    let memory = Memory::new(64, 2);
    memory.watch(0..64).unwrap();
    let hit = memory.find(0).unwrap();
    memory.access(hit, 0, 1, Access::Atomic, String::new);
    memory.complete(hit, 0, 1, String::new);
    memory.access(hit, 0, 1, Access::Atomic, String::new);
    memory.access(hit, 1, 1, Access::Atomic, String::new); // comes in between
    memory.complete(hit, 0, 1, String::new);
    let counts = memory.totals().phases[&1];
    assert_eq!((counts.atomics, counts.cold, counts.transfers), (3, 1, 2));
}

#[test]
fn counts_by_phase_core_and_line() {
    let memory = Memory::new(64, 512);
    memory.watch(0..128).unwrap();
    touch(&memory, 511, 1, 0);
    touch(&memory, 511, 2, 0);
    memory.cold();
    touch(&memory, 3, 2, 64);
    touch(&memory, 3, 2, 0);
    let totals = memory.totals();
    assert_eq!(totals.phases[&1].cold, 1);
    assert_eq!(totals.phases[&2].cold, 2);
    assert_eq!(totals.cores[&(2, 511)].atomics, 1);
    assert_eq!(totals.cores[&(2, 3)].atomics, 2);
    let lines: Vec<_> = totals.lines.iter().map(|line| (line.0, line.1)).collect();
    assert_eq!(lines, [(1, 0), (2, 0), (2, 64)]);
}

/// Regions of all sizes, one over the other, against a set of lines.
#[test]
fn what_is_watched_is_what_any_region_has_touched() {
    const LINES: u64 = 40;
    let mut random = Random::new(5);
    for _ in 0..200 {
        let memory = Memory::new(64, 1);
        let mut watched = [false; LINES as usize];
        for _ in 0..5 {
            let start = random.below(64 * LINES - 1);
            let end = start + 1 + random.below((64 * LINES - start - 1).min(600));
            memory.watch(start..end).unwrap();
            watched[(start / 64) as usize..=((end - 1) / 64) as usize].fill(true);
        }
        for (line, &watched) in (0..).zip(&watched) {
            for address in [64 * line, 64 * line + 63] {
                assert_eq!(memory.find(address).is_some(), watched, "{address:#x}");
            }
        }
        assert!(memory.find(64 * LINES).is_none());
        // A line is one and the same, wherever in it an access is, and no other's.
        for (line, _) in (0..).zip(&watched).filter(|&(_, &watched)| watched) {
            assert!(touch(&memory, 0, 1, 64 * line) && touch(&memory, 0, 1, 64 * line + 63));
        }
        let totals = memory.totals();
        let lines: Vec<u64> = totals.lines.iter().map(|line| line.1).collect();
        let wanted: Vec<u64> =
            (0..LINES).filter(|&line| watched[line as usize]).map(|line| 64 * line).collect();
        assert_eq!(lines, wanted);
        assert!(totals.lines.iter().all(|line| line.3.atomics == 2 && line.3.cold == 1));
    }
}

#[test]
fn a_region_may_be_as_large_as_its_table_and_no_larger() {
    let memory = Memory::new(128, 1);
    assert!(memory.watch(0..MOST_BYTES).is_ok());
    assert!(memory.watch(MOST_BYTES..2 * MOST_BYTES + 1).is_err());
    assert!(memory.watch(MOST_BYTES + 64..2 * MOST_BYTES + 64).is_err(), "a line more");
    assert!(memory.find(MOST_BYTES - 1).is_some() && memory.find(MOST_BYTES).is_none());
    assert_eq!(memory.find(MOST_BYTES - 1).map(|hit| hit.start), Some(0));
}

/// Each line by itself, and the sums by phase, by core and by line.
#[test]
fn the_totals_are_the_sums_of_all_accesses() {
    let mut random = Random::new(11);
    let memory = Memory::new(64, 4);
    memory.watch(0..256).unwrap();
    let mut lines = [(); 4].map(|()| directory::Line::default());
    let mut phases = BTreeMap::<u16, Counts>::new();
    let mut cores = BTreeMap::<(u16, usize), Counts>::new();
    let mut by_line = BTreeMap::<(u16, u64), Counts>::new();
    for _ in 0..3_000 {
        let line = random.below(4);
        let (core, phase) = (random.below(4) as usize, random.below(3) as u16);
        let access = [Access::Load, Access::Store, Access::Atomic][random.below(3) as usize];
        let traffic = lines[line as usize].access(core, access);
        for sum in [
            phases.entry(phase).or_default(),
            cores.entry((phase, core)).or_default(),
            by_line.entry((phase, 64 * line)).or_default(),
        ] {
            sum.access(access);
            sum.traffic(traffic);
        }
        let hit = memory.find(64 * line + random.below(64)).unwrap();
        memory.access(hit, core, phase, access, || format!("{line} in {phase}"));
        if random.below(100) == 0 {
            memory.cold();
            lines.iter_mut().for_each(directory::Line::flush);
        }
    }
    let totals = memory.totals();
    assert_eq!(totals.phases, phases);
    assert_eq!(totals.cores, cores);
    let real: Vec<_> = totals
        .lines
        .into_iter()
        .map(|(phase, at, name, sum)| {
            assert_eq!(name, format!("{} in {phase}", at / 64));
            ((phase, at), sum)
        })
        .collect();
    assert_eq!(real, by_line.into_iter().collect::<Vec<_>>());
}
