//! Trees that no loader would hand over: each gives an error or a sane machine, and soon.
//!
//! `BOARD_TREE_SEED=7 BOARD_TREE_MUTANTS=100000 cargo test --package board-tree --target host-tuple`
//! looks at others. A mutant depends on the seed and its own number alone. Long, as making a mutant and
//! looking at what came of it belong together.

use crate::model::{GICV2, GICV3, LARGE, Node, Tree, cells};
use board_tree::{Layout, MOST_CORES, Machine, PAGE};
use std::collections::HashSet;
use std::ops::Range;
use std::panic;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long one mutant may take; it takes about a millisecond.
const PATIENCE: Duration = Duration::from_secs(20);
/// The last address that is mapped.
const LAST: usize = 1 << 39;
const IMAGE: Range<usize> = 0x4020_0000..0x4026_0000;
const TREE: usize = 0x4000_0000;

/// Numbers that look random (SplitMix64, by Sebastiano Vigna).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    /// A number of the kind that breaks things.
    fn number(&mut self) -> u32 {
        let shift = self.below(32);
        match self.below(6) {
            0 => 0,
            1 => u32::MAX,
            2 => 1 << shift,
            3 => (1 << shift) - 1,
            4 => self.below(8) as u32,
            _ => self.next() as u32,
        }
    }
}

/// Returns a tree of QEMU's, with 1 to 512 cores, reserved memory and aliases.
fn base(random: &mut Random) -> Tree {
    let mut tree = Tree::read(match random.below(20) {
        0 => LARGE,
        1..=9 => GICV2,
        _ => GICV3,
    });
    let cpus = &mut tree.at("/cpus").children;
    let cores = 1 + random.below(cpus.len() - 1);
    cpus.truncate(1 + cores); // the first is cpu-map
    let two = cells(&[2]);
    let mut reserved = Node::new(
        "reserved-memory",
        &[("#address-cells", &two), ("#size-cells", &two), ("ranges", &[])],
    );
    for index in 0..random.below(4) {
        let at = 0x4026_0000 + random.below(0x400) as u32 * 0x1_0000;
        let reg = cells(&[0, at, 0, random.below(0x20_0000) as u32]);
        let mut node = Node::new(&format!("region@{index}"), &[("reg", &reg)]);
        if random.one_in(2) {
            node.set("no-map", []);
        }
        reserved.children.push(node);
        tree.reservations.push((0x4200_0000 + random.below(0x100_0000) as u64, 0x1800));
    }
    tree.root.children.push(reserved);
    tree.root.children.push(Node::new("aliases", &[("serial0", b"/pl011@9000000\0")]));
    let chosen = tree.at("/chosen");
    if random.one_in(2) {
        chosen.set("stdout-path", *b"serial0:115200n8\0");
        chosen.set("linux,initrd-start", cells(&[0x4800_0000]));
        chosen.set("linux,initrd-end", cells(&[0x4810_0123]));
    }
    tree
}

/// Changes one node or one of its properties.
fn change(node: &mut Node, random: &mut Random, others: &[(String, Vec<u8>)]) {
    let some = &others[random.below(others.len())];
    let own = random.below(node.properties.len());
    let kind = random.below(10);
    if kind >= 4 && node.properties.is_empty() {
        return node.properties.push(some.clone());
    }
    match kind {
        0 => {
            let names = ["status", "reg", "ranges", "#address-cells", "#size-cells", "compatible"];
            let values = [&b"fail\0"[..], b"okay", b"", b"\0\0\0\x03", b"\xff\xff\xff\xff", b"\0"];
            node.set(names[random.below(names.len())], values[random.below(values.len())]);
        }
        1 => node.properties.push(some.clone()),
        2 if !node.children.is_empty() => {
            let at = random.below(node.children.len());
            match random.below(4) {
                0 => drop(node.children.remove(at)),
                1 => node.children.push(node.children[at].clone()),
                2 => node.children[at].name.clear(),
                _ => {
                    let other = random.below(node.children.len());
                    node.children.swap(at, other);
                }
            }
        }
        2 | 3 => {
            // Deeper and deeper, a bus in a bus.
            for _ in 0..random.below(40) {
                let inner = node.clone();
                if inner.children.len() > 4 {
                    break;
                }
                node.children = vec![inner];
            }
        }
        4 => drop(node.properties.remove(own)),
        5 => node.properties[own].0 = some.0.clone(),
        6 => node.properties[own].1 = some.1.clone(),
        7 => {
            let value = &mut node.properties[own].1;
            value.truncate(random.below(value.len() + 1));
        }
        8 => {
            let value = &mut node.properties[own].1;
            let at = random.below(value.len() / 4 + 1) * 4;
            let number = random.number().to_be_bytes();
            value.iter_mut().skip(at).zip(number).for_each(|(byte, new)| *byte = new);
        }
        _ => {
            let at = random.below(node.properties[own].1.len());
            if let Some(byte) = node.properties[own].1.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}

/// Changes bytes wherever they stand: the header, the tokens, the names.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        let near_the_start = if random.one_in(3) { 72 } else { bytes.len() };
        let at = random.below(near_the_start.min(bytes.len()));
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => {
                let number = random.number().to_be_bytes();
                bytes.iter_mut().skip(at / 4 * 4).zip(number).for_each(|(byte, new)| *byte = new);
            }
            2 => {
                let token = (random.below(10) as u32).to_be_bytes();
                bytes.iter_mut().skip(at / 4 * 4).zip(token).for_each(|(byte, new)| *byte = new);
            }
            3 => {
                let length = random.below(64).min(bytes.len() - at);
                let from = random.below(bytes.len() - length + 1);
                bytes.copy_within(from..from + length, at);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
    }
    // What is cut off without a word would be refused at the first look.
    if random.one_in(2) && bytes.len() > 8 {
        let size = (bytes.len() as u32).to_be_bytes();
        bytes[4..8].copy_from_slice(&size);
    }
}

/// Returns a mutant, and the memory that it keeps for others where that is beyond doubt.
fn mutant(seed: u64, number: u64) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut random = Random(seed.wrapping_mul(0x1_0000_0001).wrapping_add(number));
    let mut tree = base(&mut random);
    let mut all = Vec::new();
    tree.root.each(&mut |node| all.extend(node.properties.clone()));
    let mut nodes = 0;
    tree.root.each(&mut |_| nodes += 1);
    for _ in 0..random.below(5) {
        // Half of the changes are near the root, where everything hangs.
        let limit = if random.one_in(2) { nodes } else { 12 };
        let (chosen, mut at) = (random.below(limit), 0);
        tree.root.each(&mut |node| {
            if at == chosen {
                change(node, &mut random, &all);
            }
            at += 1;
        });
    }
    let mut bytes = tree.bytes();
    if random.one_in(3) {
        damage(&mut bytes, &mut random);
        return (bytes, Vec::new());
    }
    let kept = tree.reservations.iter().map(|&(at, size)| at as usize..at as usize + size as usize);
    let mut kept: Vec<_> = kept.collect();
    let reserved = tree.root.children.iter().find(|child| child.name == "reserved-memory");
    let plain = |node: &&Node| {
        let two = Some(&[0, 0, 0, 2][..]);
        let cells = node.get("#address-cells") == two && node.get("#size-cells") == two;
        cells && node.get("ranges") == Some(&[])
    };
    for node in reserved.filter(plain).map_or(&[][..], |node| &node.children) {
        let reg = node.get("reg").unwrap_or_default();
        for entry in reg.chunks_exact(16) {
            let number = |at: usize| usize::from_be_bytes(entry[at..at + 8].try_into().unwrap());
            kept.push(number(0)..number(0).saturating_add(number(8)));
        }
    }
    (bytes, kept)
}

/// Looks at a machine and at what is planned for it. Returns whether there was one.
fn look(bytes: &[u8], kept: &[Range<usize>]) -> bool {
    let machine = match Machine::read(bytes, TREE, 0) {
        Ok(machine) => machine,
        Err(error) => {
            let line = error.to_string();
            assert!(!line.is_empty() && line.len() < 200 && !line.contains('\n'), "{line}");
            return false;
        }
    };
    assert!((1..=MOST_CORES).contains(&machine.core_count));
    assert_eq!(machine.core_count, machine.affinities().len());
    assert_eq!(machine.affinities().iter().collect::<HashSet<_>>().len(), machine.core_count);
    assert_eq!(machine.affinities()[0], 0);
    let _ = (machine.arguments(), machine.argument("mode"));
    machine.notes().for_each(|note| assert!(note.to_string().len() < 200));
    let sane = |range: &Range<usize>| range.start < range.end && range.start.is_multiple_of(PAGE);
    for range in machine.devices().chain(machine.ram.iter()) {
        assert!(sane(&range) && range.end <= LAST, "{range:x?}");
    }
    assert!(machine.reserved.iter().all(|range| range.start < range.end));
    let layout = match Layout::plan(&machine, IMAGE) {
        Ok(layout) => layout,
        Err(error) => {
            assert!(!error.to_string().contains('\n'));
            return false;
        }
    };
    let stacks = (1..machine.core_count).flat_map(|core| {
        let stacks = layout.stacks(core).expect("every core has stacks");
        [stacks.exception, stacks.main].map(|stack| stack.start - PAGE..stack.end)
    });
    let given: Vec<_> = stacks.chain([layout.heap.clone()]).collect();
    let tree = TREE..TREE + bytes.len();
    let not_ours: Vec<_> = machine.devices().chain(machine.reserved.iter()).collect();
    let not_ours: Vec<_> = not_ours.iter().chain(kept).chain([&tree, &IMAGE]).collect();
    for (index, range) in given.iter().enumerate() {
        assert!(sane(range) && range.end.is_multiple_of(PAGE), "{range:x?}");
        let in_ram = |ram: Range<usize>| ram.start <= range.start && range.end <= ram.end;
        assert!(machine.ram.iter().any(in_ram), "{range:x?} is no memory");
        let apart = |other: &Range<usize>| range.start.max(other.start) >= range.end.min(other.end);
        for other in &not_ours {
            assert!(apart(other), "{range:x?} overlaps {other:x?}");
        }
        let twice = given[index + 1..].iter().find(|other| !apart(other));
        assert!(twice.is_none(), "{range:x?} is given twice");
    }
    true
}

fn variable(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Err(_) => default,
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")),
    }
}

#[test]
fn every_mutant_gives_an_error_or_a_sane_machine() {
    let seed = variable("BOARD_TREE_SEED", 9);
    let mutants = variable("BOARD_TREE_MUTANTS", 10_000);
    let (sender, results) = mpsc::channel();
    thread::spawn(move || {
        for number in 0..mutants {
            let result = panic::catch_unwind(|| {
                let (bytes, kept) = mutant(seed, number);
                look(&bytes, &kept)
            });
            if sender.send(result).is_err() {
                return;
            }
        }
    });
    let mut machines = 0;
    let outcome = (0..mutants).find_map(|number| match results.recv_timeout(PATIENCE) {
        Ok(Ok(machine)) => {
            machines += u64::from(machine);
            None
        }
        Ok(Err(_)) => Some(format!("mutant {number} of seed {seed}: see above")),
        Err(_) => Some(format!("mutant {number} of seed {seed}: no answer within {PATIENCE:?}")),
    });
    println!("seed {seed}: {mutants} mutants, {machines} machines");
    assert_eq!(outcome, None);
    // If all or none were machines, the mutations would be too weak or too strong to show anything.
    assert!(machines > mutants / 10 && machines < mutants * 9 / 10, "{machines} machines");
}
