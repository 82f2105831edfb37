//! What is watched, and counted.

use super::*;

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
