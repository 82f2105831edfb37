//! What memory there is, and what the planner leaves alone.

use crate::changed::{
    IMAGE, MIB, TREE, given, machine, memory, overlap, planned, refused, reserve,
};
use crate::model::{GICV3, LARGE, Tree, cells};
use board_tree::{Layout, Machine};

#[test]
fn reserved_memory_is_left_alone() {
    let regions = [0x4026_0000..0x4027_0000, 0x4030_0800..0x4030_0801, 0x4400_0000..0x4500_0000];
    for no_map in [false, true] {
        let change = |tree: &mut Tree| {
            for (index, region) in regions.iter().enumerate() {
                let reg = [0, region.start as u32, 0, region.len() as u32];
                reserve(tree, &format!("region@{index}"), &reg, no_map);
            }
            // One without a place needs none from us.
            reserve(tree, "later", &[], false);
            tree.at("/reserved-memory/later").set("size", cells(&[0, 0x10_0000]));
            tree.at("/reserved-memory/later").remove("reg");
        };
        let layout = planned(change).unwrap();
        for given in given(&layout, 4) {
            assert!(regions.iter().all(|region| !overlap(region, &given)), "{given:x?}");
        }
        assert_eq!(layout.heap.len(), 32 * MIB);
    }
}

#[test]
fn reservations_and_the_initrd_are_left_alone() {
    let regions = [0x4026_0000..0x4027_0000, 0x4030_0000..0x4030_1000];
    let change = |initrd: bool| {
        let regions = regions.clone();
        move |tree: &mut Tree| {
            for region in regions {
                if initrd {
                    let chosen = tree.at("/chosen");
                    chosen.set("linux,initrd-start", cells(&[region.start as u32]));
                    chosen.set("linux,initrd-end", cells(&[0, region.end as u32]));
                } else {
                    tree.reservations.push((region.start as u64, region.len() as u64));
                }
            }
        }
    };
    let layout = planned(change(false)).unwrap();
    assert!(given(&layout, 4).iter().all(|given| !regions.iter().any(|one| overlap(one, given))));
    let layout = planned(change(true)).unwrap();
    assert!(given(&layout, 4).iter().all(|given| !overlap(given, &regions[1])));
    let half = |tree: &mut Tree| tree.at("/chosen").set("linux,initrd-end", cells(&[1]));
    assert!(refused(half).contains("names no place for the initrd"));
}

#[test]
fn the_tree_is_left_alone_wherever_it_lies() {
    // Also right before the image and right behind it.
    let before = 0x4020_0000 - GICV3.len();
    for at in [0x4000_0000, before, 0x4026_0000, 0x4026_0ff8, 0x4100_0000, 0x4fff_0000] {
        let machine = Machine::read(GICV3, at, 0).unwrap();
        let layout = Layout::plan(&machine, IMAGE).unwrap();
        let tree = at..at + GICV3.len();
        assert!(given(&layout, 4).iter().all(|given| !overlap(given, &tree)), "{at:#x}");
    }
    let inside = Machine::read(GICV3, 0x4025_f000, 0).unwrap();
    let line = Layout::plan(&inside, IMAGE).unwrap_err().to_string();
    assert!(
        line.starts_with("the device tree (0x4025f000 to 0x40261000) overlaps this image"),
        "{line}"
    );
}

#[test]
fn what_contradicts_itself_is_refused() {
    let over = |tree: &mut Tree| reserve(tree, "r@0", &[0, 0x4025_fffc, 0, 0x10], false);
    let line = planned(over).unwrap_err();
    let wanted = "memory that the device tree reserves (0x4025f000 to 0x40261000) \
                  overlaps this image (0x40200000 to 0x40260000)";
    assert_eq!(line, wanted);
    let tree = refused(|tree| reserve(tree, "r@0", &[0, 0x4000_1000, 0, 0x10], true));
    assert!(
        tree.contains("is not to be mapped (0x40001000 to 0x40002000) overlaps the tree"),
        "{tree}"
    );
    // What touches the tree is not the tree.
    let beside = |at: usize| {
        let change = |tree: &mut Tree| reserve(tree, "r@0", &[0, at as u32, 0, 0x1000], true);
        machine(change, |machine| machine.tree.clone())
    };
    let tree = beside(0x4800_0000);
    assert_eq!([tree.start - 0x1000, tree.end].map(beside), [tree.clone(), tree]);
    // Many loaders reserve the tree, which only keeps it from being overwritten.
    planned(|tree| tree.reservations.push((0x4000_0000, 0x2000))).unwrap();
    let wraps = refused(|tree| tree.reservations.push((u64::MAX, 2)));
    assert!(wraps.contains("beyond the last address, at 0xffffffffffffffff"), "{wraps}");
    let short = refused(|tree| reserve(tree, "r@0", &[0, 0x4000_1000, 0], false));
    assert_eq!(short, "the device tree's node r@0 has a reg of a wrong length");
    let many = |tree: &mut Tree| (1..200).for_each(|n| tree.reservations.push((n << 16, 1)));
    assert!(refused(many).contains("reserves more than 128 pieces"));
}

#[test]
fn memory_in_pieces_is_used_in_pieces() {
    let pieces = |tree: &mut Tree| {
        memory(tree, &[0, 0x4010_0000, 0, 0x20_0000, 0, 0x5000_0000, 0, 0x40_0000]);
        let mut other = tree.at("/memory@40000000").clone();
        other.name = "memory@80000000".to_owned();
        other.set("reg", cells(&[0, 0x8000_0100, 0, 0x60_0000]));
        tree.root.children.push(other.clone());
        other.name = "memory@90000000".to_owned();
        other.set("reg", cells(&[0, 0x9000_0000, 0, 0x800_0000]));
        other.set("status", *b"disabled\0");
        tree.root.children.push(other);
    };
    machine(pieces, |machine| {
        let ram: Vec<_> = machine.ram.iter().collect();
        let wanted = [0x4010_0000..0x4030_0000, 0x5000_0000..0x5040_0000, 0x8000_1000..0x8060_0000];
        assert_eq!(ram, wanted);
    });
    let layout = planned(pieces).unwrap();
    assert_eq!(layout.heap, 0x8000_1000..0x8060_0000, "the largest piece that is left");
    assert!(layout.stacks(3).unwrap().main.end < 0x4030_0000);
    assert!(layout.stacks(0).is_none() && layout.stacks(4).is_none());
    let alike = |tree: &mut Tree| {
        let rest = [0, 0x5000_0000, 0, 0x40_0000, 0, 0x6000_0000, 0, 0x40_0000];
        memory(tree, &[&[0, 0x4010_0000, 0, 0x20_0000][..], &rest].concat());
    };
    let layout = planned(alike).unwrap();
    assert_eq!(layout.heap, 0x5000_0000..0x5040_0000, "the first of two that are as large");
    let usable = |tree: &mut Tree| {
        let usable = cells(&[0, 0x4010_0000, 0, 0x80_0000]);
        tree.at("/memory@40000000").set("linux,usable-memory", usable);
    };
    machine(usable, |machine| assert_eq!(machine.ram.bytes(), 8 * MIB));
    let elsewhere = planned(|tree| memory(tree, &[0, 0x5000_0000, 0, 0x800_0000])).unwrap_err();
    assert_eq!(elsewhere, "the device tree lists no memory where this image lies");
    assert!(refused(|tree| memory(tree, &[])).contains("lists no memory"));
}

#[test]
fn what_is_enough_memory_is_enough() {
    let few = [(512, 16, 0), (512, 32, 0), (64, 4, 0)];
    for (cores, ram, end) in few.into_iter().chain((420..512).map(|cores| (cores, 36, 1))) {
        let layout = |mib: usize| {
            let mut tree = Tree::read(LARGE);
            tree.at("/cpus").children.truncate(cores + 1); // the first is cpu-map
            memory(&mut tree, &[0, 0x4000_0000, 0, (mib * MIB) as u32]);
            if end > 0 {
                // The last MiB of the smaller memory is not ours.
                reserve(
                    &mut tree,
                    "r@0",
                    &[0, 0x4000_0000 + ((ram - 1) * MIB) as u32, 0, 0x10_0000],
                    true,
                );
            }
            let bytes = tree.bytes();
            let machine = Machine::read(&bytes, TREE, 0).unwrap();
            Layout::plan(&machine, IMAGE).map_err(|error| error.to_string())
        };
        let line = layout(ram).unwrap_err();
        assert!(line.starts_with(&format!("{ram} MiB of memory are too little for {cores} cores")));
        let enough = line.rsplit_once("QEMU_MEM to ").unwrap().1.strip_suffix("M or more").unwrap();
        let enough: usize = enough.parse().unwrap();
        assert!(layout(enough).is_ok(), "{line}");
        if end == 0 {
            assert!(layout(enough - 1).is_err(), "{line}");
        }
    }
}

/// Behind the image there is room for the stacks of three cores, and for a heap of a MiB or almost.
#[test]
fn the_smallest_heap_is_one_mib() {
    let stacks = 3 * (0x1000 + 0x4000 + 0x1000 + 0x1_0000);
    let with = |heap: usize| {
        let bytes = (IMAGE.len() + stacks + heap) as u32;
        planned(|tree| memory(tree, &[0, IMAGE.start as u32, 0, bytes]))
    };
    assert_eq!(with(MIB).unwrap().heap, IMAGE.end + stacks..IMAGE.end + stacks + MIB);
    assert!(with(MIB - 0x1000).unwrap_err().contains("are too little for 4 cores"));
}

#[test]
fn below_each_stack_lies_a_page_that_tells_its_overflow() {
    let layout = planned(|_| ()).unwrap();
    let [one, two] = [1, 2].map(|core| layout.stacks(core).unwrap());
    let page = board_tree::PAGE;
    assert_eq!((one.exception.len(), one.main.len()), (16 << 10, 64 << 10));
    assert_eq!(one.main.start - one.exception.end, page);
    assert_eq!(two.exception.start - one.main.end, page);
    for (address, stack) in [
        (one.exception.start - page - 1, None),
        (one.exception.start - page, Some("the exception stack")),
        (one.exception.start - 1, Some("the exception stack")),
        (one.exception.start, None),
        (one.exception.end - 1, None),
        (one.exception.end, Some("the stack")),
        (one.main.start - 1, Some("the stack")),
        (one.main.start, None),
        (one.main.end, None),
    ] {
        assert_eq!(one.guard_page_hit(address), stack, "{address:#x} of {one:x?}");
    }
}
