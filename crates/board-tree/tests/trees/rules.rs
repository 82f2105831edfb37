//! Each rule by a tree of its own: what the reader makes of it, and what the planner leaves alone.
//!
//! Long, as there are many rules, each of some lines, and all change a tree by the same few functions.

use crate::model::{GICV2, GICV3, LARGE, Node, Tree, cells};
use board_tree::{ConsoleNote, Error, Gic, Layout, Machine, Note};
use std::ops::Range;

/// Where the kernel's image and QEMU's tree lie.
const IMAGE: Range<usize> = 0x4020_0000..0x4026_0000;
const TREE: usize = 0x4000_0000;
const MIB: usize = 1 << 20;
const UART: Range<usize> = 0x900_0000..0x900_1000;

#[test]
fn a_tree_lies_in_memory_where_the_loader_says_or_at_its_start() {
    let refused = |loader| board_tree::address(loader).expect_err("no tree").to_string();
    for right in [TREE, TREE + 8, (512 << 30) - 8] {
        assert_eq!(board_tree::address(right).ok(), Some(right));
    }
    assert_eq!(board_tree::address(0).ok(), Some(TREE));
    for wrong in [1, 8, TREE - 8, TREE + 1, TREE + 4, 512 << 30] {
        let line = format!("the device tree cannot lie where the loader says: {wrong:#x}");
        assert_eq!(refused(wrong), line);
    }
}

#[test]
fn a_tree_says_that_it_is_one_and_how_long() {
    let size = |loader, magic: u32, size: u32| {
        board_tree::size(loader, [magic.to_be(), size.to_be()]).map_err(|error| error.to_string())
    };
    const MAGIC: u32 = 0xd00d_feed;
    for loader in [0, TREE] {
        assert_eq!(size(loader, MAGIC, 0x1234), Ok(0x1234));
        assert_eq!(size(loader, MAGIC, 4 << 20), Ok(4 << 20));
        let line = "the device tree is larger than 4 MiB: 0x400001";
        assert_eq!(size(loader, MAGIC, (4 << 20) + 1), Err(line.to_owned()));
    }
    let line = "the device tree does not lie where the loader says: 0x40000000";
    assert_eq!(size(TREE, MAGIC + 1, 8), Err(line.to_owned()));
    let line = size(0, 0, 0).expect_err("no tree");
    assert!(line.starts_with("the device tree is missing: QEMU leaves none if"), "{line}");
}

/// Changes QEMU's tree for a GICv3 and four cores, and shows what is made of it.
fn read<T>(change: impl FnOnce(&mut Tree), show: impl FnOnce(Result<Machine, Error>) -> T) -> T {
    let mut tree = Tree::read(GICV3);
    change(&mut tree);
    show(Machine::read(&tree.bytes(), TREE, 0))
}

/// The same, for a tree that describes a machine.
fn machine<T>(change: impl FnOnce(&mut Tree), show: impl FnOnce(Machine) -> T) -> T {
    read(change, |machine| show(machine.unwrap_or_else(|error| panic!("{error}"))))
}

/// The same, for a tree that describes none. Returns the line that says why.
fn refused(change: impl FnOnce(&mut Tree)) -> String {
    read(change, |machine| machine.expect_err("this must be refused").to_string())
}

/// The same, for what the planner makes of it.
fn planned(change: impl FnOnce(&mut Tree)) -> Result<Layout, String> {
    machine(change, |machine| Layout::plan(&machine, IMAGE).map_err(|error| error.to_string()))
}

fn reserve(tree: &mut Tree, name: &str, reg: &[u32], no_map: bool) {
    if !tree.root.children.iter().any(|child| child.name == "reserved-memory") {
        let two = cells(&[2]);
        let shape: [(&str, &[u8]); 3] =
            [("#address-cells", &two), ("#size-cells", &two), ("ranges", &[])];
        tree.root.children.push(Node::new("reserved-memory", &shape));
    }
    let mut node = Node::new(name, &[("reg", &cells(reg))]);
    if no_map {
        node.set("no-map", []);
    }
    tree.at("/reserved-memory").children.push(node);
}

fn memory(tree: &mut Tree, ranges: &[u32]) {
    tree.at("/memory@40000000").set("reg", cells(ranges));
}

/// Returns all memory that a layout gives away, with the guard pages.
fn given(layout: &Layout, cores: usize) -> Vec<Range<usize>> {
    let stacks = (1..cores).map(|core| layout.stacks(core).expect("every core has stacks"));
    let both = stacks.flat_map(|stacks| [stacks.exception, stacks.main]);
    let mut all: Vec<_> = both.map(|stack| stack.start - board_tree::PAGE..stack.end).collect();
    all.push(layout.heap.clone());
    all
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

#[test]
fn qemus_own_trees_are_read() {
    machine(
        |_| (),
        |machine| {
            assert_eq!(machine.uart, UART);
            assert!(machine.ram.iter().eq(Some(0x4000_0000..0x5000_0000)));
            assert_eq!(machine.affinities(), [0, 1, 2, 3]);
            assert_eq!(machine.gic.name(), "GICv3");
            assert_eq!(machine.notes().count(), 0);
            assert_eq!(machine.reserved.iter().count(), 0);
        },
    );
    let v2 = Machine::read(GICV2, TREE, 3).unwrap();
    assert!(matches!(v2.gic, Gic::V2 { cpu_interface: Range { start: 0x801_0000, .. }, .. }));
    assert_eq!(v2.affinities(), [3, 0, 1, 2, 4, 5, 6, 7], "the boot core comes first");
    let large = Machine::read(LARGE, TREE, 0).unwrap();
    assert_eq!((large.core_count, large.conduit), (512, board_tree::Conduit::Smc));
    assert_eq!(large.gic.registers().count(), 3);
}

#[test]
fn the_model_writes_what_it_has_read() {
    for bytes in [GICV2, GICV3, LARGE] {
        let tree = Tree::read(bytes);
        assert_eq!(format!("{tree:?}"), format!("{:?}", Tree::read(&tree.bytes())));
    }
}

#[test]
fn an_alias_leads_to_the_console() {
    let console = |path: &'static str, alias: &'static [u8]| {
        machine(
            |tree| {
                tree.root.children.push(Node::new("aliases", &[("serial0", alias)]));
                tree.at("/chosen").set("stdout-path", path.as_bytes());
            },
            |machine| (machine.uart.clone(), machine.notes().count()),
        )
    };
    assert_eq!(console("serial0:115200n8\0", b"/pl011@9000000\0"), (UART, 0));
    assert_eq!(console("serial0\0", b"/pl011@9000000\0"), (UART, 0));
    assert_eq!(console("serial0/pl011@9000000\0", b"/\0"), (UART, 0));
    // One that leads nowhere, or in a circle, is no way to a console.
    assert_eq!(console("serial0:115200n8\0", b"serial0\0"), (UART, 1));
    assert_eq!(console("serial1\0", b"/pl011@9000000\0"), (UART, 1));
    assert_eq!(console("\0", b"/pl011@9000000\0"), (UART, 1));
}

#[test]
fn without_a_usable_console_it_is_the_first_pl011() {
    let second = |tree: &mut Tree| {
        let mut other = tree.at("/pl011@9000000").clone();
        other.name = "pl011@9040000".to_owned();
        other.set("reg", cells(&[0, 0x904_0000, 0, 0x1000]));
        tree.root.children.push(other);
    };
    let console = |change: &dyn Fn(&mut Tree)| {
        let show = |machine: Machine| {
            let note = machine.notes().next().map(|note| note.to_string());
            (machine.uart.start, note.unwrap_or_default())
        };
        machine(|tree| (second(tree), change(tree)).1, show)
    };
    assert_eq!(console(&|_| ()).0, 0x900_0000);
    let (uart, note) = console(&|tree| tree.at("/chosen").remove("stdout-path"));
    assert_eq!((uart, note.contains("names no console")), (0x900_0000, true), "{note}");
    let (uart, note) = console(&|tree| tree.at("/pl011@9000000").set("status", *b"disabled\0"));
    assert_eq!((uart, note.contains("/pl011@9000000 is no PL011")), (0x904_0000, true), "{note}");
    let path = |path: &'static [u8]| console(&|tree| tree.at("/chosen").set("stdout-path", path)).1;
    assert!(path(b"/intc@8000000\0").contains("/intc@8000000 is no PL011"));
    assert!(path(b"/nothing\0").contains("/nothing is no PL011"));
    assert!(path(b"no zero").contains("names no console"));
    let line = refused(|tree| tree.root.children.retain(|child| child.name != "pl011@9000000"));
    assert_eq!(line, "the device tree lists no console: no arm,pl011 that is okay");
}

#[test]
fn addresses_are_translated_by_every_bus() {
    // A bus of one cell in a bus of two: 0x2000 here, 0x1_0000_2000 there, 0x900_0000 for the cores.
    let nested = |outer: Option<&'static [u32]>| {
        move |tree: &mut Tree| {
            let root = &mut tree.root.children;
            let at = root.iter().position(|child| child.name == "pl011@9000000").unwrap();
            let mut uart = root.remove(at);
            uart.set("reg", cells(&[0x2000, 0x1000]));
            let one = cells(&[1]);
            let two = cells(&[2]);
            let inside = cells(&[0, 9, 9, 0x1000, 0x2000, 1, 0x2000, 0x1000]);
            let mut inner = Node::new(
                "inner",
                &[("#address-cells", &one), ("#size-cells", &one), ("ranges", &inside)],
            );
            inner.children.push(uart);
            let mut soc = Node::new("soc", &[("#address-cells", &two), ("#size-cells", &one)]);
            if let Some(ranges) = outer {
                soc.set("ranges", cells(ranges));
            }
            soc.children.push(inner);
            root.push(soc);
            tree.at("/chosen").set("stdout-path", *b"/soc/inner/pl011:9600\0");
        }
    };
    let through = nested(Some(&[1, 0, 0, 0x8ff_e000, 0x1_0000]));
    machine(through, |machine| {
        assert_eq!((machine.uart.clone(), machine.notes().count()), (UART, 0))
    });
    // An empty `ranges` changes nothing, and no `ranges` lets nothing through.
    machine(nested(Some(&[])), |machine| assert_eq!(machine.uart.start, 0x1_0000_2000));
    assert!(refused(nested(None)).contains("lists no console"));
    // A window that holds only half of the registers does not translate them.
    assert!(refused(nested(Some(&[1, 0x2800, 0, 0, 0x1_0000]))).contains("lists no console"));
    assert!(refused(nested(Some(&[1, 0x1800, 0, 0, 0x1000]))).contains("lists no console"));
    assert!(refused(nested(Some(&[1, 0, 0, 0, 0x1000]))).contains("lists no console"));
    // A device on a bus that is switched off is off.
    let off = |tree: &mut Tree| {
        nested(Some(&[1, 0, 0, 0x8ff_e000, 0x1_0000]))(tree);
        tree.at("/soc").set("status", *b"disabled\0");
    };
    assert!(refused(off).contains("lists no console"));
}

#[test]
fn cores_whose_status_is_not_okay_stay_off() {
    for status in [&b"fail\0"[..], b"disabled\0", b"reserved\0", b"fail-hot\0", b"no zero", b""] {
        machine(
            |tree| tree.at("/cpus/cpu@1").set("status", status),
            |machine| {
                assert_eq!(machine.affinities(), [0, 2, 3], "{status:?}");
                assert!(machine.notes().eq([Note::CoresOff(1)]));
            },
        );
    }
    for status in [&b"okay\0"[..], b"ok\0"] {
        machine(
            |tree| tree.at("/cpus/cpu@1").set("status", status),
            |machine| {
                assert_eq!(machine.affinities(), [0, 1, 2, 3]);
            },
        );
    }
    let spin = |tree: &mut Tree| {
        tree.at("/cpus/cpu@2").set("enable-method", *b"spin-table\0");
        tree.at("/cpus/cpu@3").remove("enable-method");
    };
    machine(spin, |machine| {
        assert_eq!((machine.affinities(), machine.core_count), (&[0, 1][..], 2));
        assert!(machine.notes().eq([Note::CoresOff(2)]));
    });
    // The boot core runs already, whatever the tree says.
    machine(
        |tree| tree.at("/cpus/cpu@0").set("status", *b"fail\0"),
        |machine| {
            assert_eq!(machine.affinities(), [0, 1, 2, 3]);
            assert!(machine.notes().eq([Note::BootCoreOff]));
        },
    );
}

#[test]
fn cores_that_cannot_be_are_refused() {
    let line = refused(|tree| tree.at("/cpus/cpu@0").set("reg", cells(&[7])));
    assert_eq!(line, "the device tree does not list the core that we run on, of affinity 0x0");
    let line = refused(|tree| tree.at("/cpus/cpu@2").set("reg", cells(&[3])));
    assert_eq!(line, "the device tree lists two cores of the same affinity, 0x3");
    let line = refused(|tree| tree.at("/cpus/cpu@2").set("reg", cells(&[0])));
    assert_eq!(line, "the device tree lists two cores of the same affinity, 0x0");
    let line = refused(|tree| tree.at("/cpus/cpu@2").set("reg", cells(&[0x8000_0003])));
    assert_eq!(line, "the device tree's node cpu@2 has a reg that is no affinity");
    assert!(refused(|tree| tree.at("/cpus/cpu@2").remove("reg")).contains("no affinity"));
    let mut large = Tree::read(LARGE);
    let mut more = large.at("/cpus").children[1].clone();
    (more.name, more.properties) = ("cpu@9".to_owned(), more.properties);
    more.set("reg", cells(&[0xff_0000]));
    large.at("/cpus").children.push(more);
    let line = Machine::read(&large.bytes(), TREE, 0).unwrap_err().to_string();
    assert_eq!(line, "the device tree lists more than 512 cores");
}

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

#[test]
fn long_names_are_names() {
    let long = "a-region-whose-name-has-many-more-than-31-characters@44000000";
    let change = |tree: &mut Tree| {
        reserve(tree, long, &[0, 0x4400_0000, 0, 0x1000], true);
        tree.at("/chosen").set("a-property-whose-name-has-more-than-31-characters", *b"");
    };
    machine(change, |machine| {
        assert!(machine.reserved.iter().eq(Some(0x4400_0000..0x4400_1000)));
    });
}

#[test]
fn what_is_no_tree_is_refused() {
    let read =
        |bytes: &[u8]| Machine::read(bytes, TREE, 0).map(|_| ()).map_err(|it| it.to_string());
    assert_eq!(read(GICV3), Ok(()));
    assert_eq!(read(b""), Err("this is no device tree: it ends too early, at byte 0".to_owned()));
    for end in (0..GICV3.len()).step_by(7) {
        assert!(read(&GICV3[..end]).is_err());
        // Also where the size in the header is right.
        let mut cut = GICV3[..end].to_vec();
        let size = (end as u32).to_be_bytes();
        cut.iter_mut().skip(4).zip(size).for_each(|(byte, new)| *byte = new);
        assert!(read(&cut).is_err());
    }
    for (at, line) in [
        (0, "it does not begin like one, at byte 0"),
        (7, "it has another size than it says, at byte 4"),
        (23, "its version is not 17, at byte 20"),
        (34, "its names end too late, at byte 32"),
    ] {
        let mut bytes = GICV3.to_vec();
        bytes[at] = if at == 23 { 16 } else { 0xff };
        assert_eq!(read(&bytes), Err(format!("this is no device tree: {line}")));
    }
    // A later version that says that it can be read as 17 is read.
    for (version, readable_as, good) in
        [(17, 16, true), (17, 17, true), (18, 17, true), (18, 18, false), (16, 16, false)]
    {
        let mut bytes = GICV3.to_vec();
        (bytes[23], bytes[27]) = (version, readable_as);
        assert_eq!(read(&bytes).is_ok(), good, "version {version}, readable as {readable_as}");
    }
}

/// Writes a tree by hand: its reservations end at once, and their zeros are a name, too.
fn by_hand(structure: &[u8]) -> Vec<u8> {
    let mut bytes = Tree { reservations: vec![], root: Node::default() }.bytes();
    bytes.truncate(56);
    bytes.extend(structure);
    let all = bytes.len();
    for (at, number) in [(4, all), (12, 40), (32, 16), (36, structure.len())] {
        bytes[at..at + 4].copy_from_slice(&(number as u32).to_be_bytes());
    }
    bytes
}

#[test]
fn tokens_stand_where_they_may() {
    const BEGIN: [u32; 2] = [1, 0]; // a node without a name
    const END: u32 = 2;
    const NOP: u32 = 4;
    const PROP: [u32; 3] = [3, 0, 0]; // without a value
    let said = |tokens: &[&[u32]]| {
        let bytes = by_hand(&cells(&tokens.concat()));
        Machine::read(&bytes, TREE, 0).unwrap_err().to_string()
    };
    let child = [1, u32::from_be_bytes(*b"a\0\0\0")];
    for whole in [
        &[&BEGIN[..], &[END, 9]][..],
        &[&BEGIN, &[NOP], &PROP, &[NOP, END, 9]],
        &[&BEGIN, &PROP, &child, &PROP, &[END, NOP, END, 9]],
    ] {
        assert!(said(whole).contains("lists no console"), "{whole:?}");
    }
    for (tokens, at) in [
        (&[&[END, 9][..]][..], 56),
        (&[&[9]], 56),
        (&[&[NOP], &BEGIN, &[END, 9]], 56),
        (&[&PROP, &BEGIN, &[END, 9]], 56),
        (&[&BEGIN, &[9]], 64),
        (&[&BEGIN, &[7]], 64),
        (&[&BEGIN, &[END], &BEGIN, &[END, 9]], 64),
        (&[&BEGIN, &[END, END, 9]], 64),
        (&[&BEGIN, &child, &[END], &PROP, &[END, 9]], 76),
    ] {
        let line =
            format!("this is no device tree: a token stands where it must not, at byte {at}");
        assert_eq!(said(tokens), line, "{tokens:?}");
    }
    for (tokens, line) in [
        (&[&child[..], &[END, 9]][..], "its root has a name, at byte 56"),
        (&[&BEGIN, &[3, 100, 0, END, 9]], "a value ends too late, at byte 64"),
        (&[&BEGIN, &[3, 0, 16, END, 9]], "a name is no text, at byte 16"),
        (&[&BEGIN, &[END]], "it ends too early, at byte 68"),
    ] {
        assert_eq!(said(tokens), format!("this is no device tree: {line}"), "{tokens:?}");
    }
}

#[test]
fn registers_are_whole_pages() {
    let last = [0x7f, 0xffff_f000, 0, 0x1000];
    let change = |tree: &mut Tree| tree.at("/pl011@9000000").set("reg", cells(&last));
    machine(change, |machine| assert_eq!(machine.uart, (1 << 39) - 0x1000..1 << 39));
    for (reg, line) in [
        ([0, 0x800_0010, 0, 0x1_0000], "has registers that do not begin and end with a page"),
        ([0, 0x800_0000, 0, 0x1_0004], "has registers that do not begin and end with a page"),
        ([0, 0x800_0000, 0, 0x1000], "has a reg that is too small for its registers"),
        ([0x80, 0, 0, 0x1_0000], "has registers beyond the 512 GiB that are mapped"),
        ([0xffff_ffff, 0xffff_f000, 0, 0x1_0000], "has no reg that leads to the cores"),
    ] {
        let reg = [&reg[..], &[0, 0x80a_0000, 0, 0xf6_0000]].concat();
        let said = refused(|tree| tree.at("/intc@8000000").set("reg", cells(&reg)));
        assert_eq!(said, format!("the device tree's node intc@8000000 {line}"));
    }
}

#[test]
fn the_interrupt_controller_has_any_number_of_regions() {
    let regions = |count: u32| {
        move |tree: &mut Tree| {
            let mut reg = vec![0, 0x800_0000, 0, 0x1_0000];
            for region in 0..count {
                reg.extend([0, 0xa00_0000 + region * 0x10_0000, 0, 0x10_0000]);
            }
            let intc = tree.at("/intc@8000000");
            intc.set("reg", cells(&reg));
            intc.set("#redistributor-regions", cells(&[count]));
        }
    };
    for count in [1, 2, 3, 32] {
        machine(regions(count), |machine| {
            assert_eq!(machine.gic.registers().count(), 1 + count as usize);
        });
    }
    for count in [0, 33, u32::MAX] {
        let line = refused(|tree| {
            regions(1)(tree);
            tree.at("/intc@8000000").set("#redistributor-regions", cells(&[count]));
        });
        assert!(line.contains("has no regions of redistributors, or more than 32"), "{line}");
    }
    // One core's redistributor takes two frames.
    for (bytes, good) in [(0x2_0000, true), (0x1_f000, false), (0x1_1000, false)] {
        let reg = cells(&[0, 0x800_0000, 0, 0x1_0000, 0, 0xa00_0000, 0, bytes]);
        let change = |tree: &mut Tree| tree.at("/intc@8000000").set("reg", reg);
        assert_eq!(read(change, |machine| machine.is_ok()), good, "{bytes:#x} bytes");
    }
    let stride = |value: &'static [u32]| {
        move |tree: &mut Tree| tree.at("/intc@8000000").set("redistributor-stride", cells(value))
    };
    for value in [&[0x4_0000][..], &[0, 0x4_0000]] {
        machine(stride(value), |machine| {
            assert!(matches!(machine.gic, Gic::V3 { stride: Some(0x4_0000), .. }));
        });
    }
    for wrong in [&[0][..], &[0x1_0000], &[0x2_0001], &[1, 2, 3], &[0xffff_ffff, 0xfff0_0000]] {
        assert!(refused(stride(wrong)).contains("redistributor-stride"));
    }
    let off = refused(|tree| tree.at("/intc@8000000").set("status", *b"disabled\0"));
    assert!(off.ends_with("lists neither a GICv2 nor a GICv3; set gic-version in QEMU_MACHINE"));
    let small =
        refused(|tree| tree.at("/intc@8000000").set("reg", cells(&[0, 0x800_0000, 0, 0x1000])));
    assert_eq!(small, "the device tree's node intc@8000000 has no reg that leads to the cores");
}

#[test]
fn psci_is_known_by_its_name_not_by_its_place() {
    let moved = |tree: &mut Tree| {
        let root = &mut tree.root.children;
        let at = root.iter().position(|child| child.name == "psci").unwrap();
        let mut firmware = Node::new("firmware", &[]);
        firmware.children.push(root.remove(at));
        root.push(firmware);
    };
    machine(moved, |machine| assert_eq!(machine.conduit, board_tree::Conduit::Hvc));
    for change in [
        (|tree| tree.at("/psci").set("compatible", *b"arm,psci\0")) as fn(&mut Tree),
        |tree| tree.at("/psci").set("method", *b"telepathy\0"),
        |tree| tree.at("/psci").set("status", *b"disabled\0"),
        |tree| tree.at("/psci").remove("method"),
    ] {
        let line = "the device tree names no PSCI method; remove secure=on from QEMU_MACHINE";
        assert_eq!(refused(change), line);
    }
}

#[test]
fn arguments_are_found_by_name() {
    let arguments = |tree: &mut Tree| tree.at("/chosen").set("bootargs", *b" a b=c b=d  e= \0");
    machine(arguments, |machine| {
        assert_eq!(machine.arguments(), " a b=c b=d  e= ");
        assert_eq!(["a", "b", "e"].map(|name| machine.argument(name)), [None, Some("c"), Some("")]);
    });
}

#[test]
fn the_console_note_names_the_path() {
    let note = Note::Console(ConsoleNote::NotUsable("serial0:9600"));
    let line =
        "the device tree's console serial0:9600 is no PL011 that is okay; this is its first PL011";
    assert_eq!(note.to_string(), line);
}

/// dtoolkit looks for the end of a child by walking through all that is in it: the deeper, the more often.
#[test]
fn a_tree_of_any_depth_is_refused_soon() {
    let mut tree = Tree::read(GICV3);
    let mut deep = Node::new("end", &[]);
    for _ in 0..20 {
        deep = Node { children: vec![deep], ..Node::new("node", &[]) };
    }
    tree.root.children.insert(0, deep.clone());
    assert!(Machine::read(&tree.bytes(), TREE, 0).is_ok());
    for _ in 0..20 {
        deep = Node { children: vec![deep], ..Node::new("node", &[]) };
    }
    tree.root.children[0] = deep;
    let line = Machine::read(&tree.bytes(), TREE, 0).unwrap_err().to_string();
    assert_eq!(line, "the device tree is nested deeper than 32 nodes");
    // As deep as 2 MiB allow: written by hand, as the model would run out of stack.
    let nodes = (2 << 20) / 12 - 10;
    let mut structure = cells(&[1, 0]);
    structure.extend([[0, 0, 0, 1], *b"a\0\0\0"].concat().repeat(nodes));
    structure.extend(cells(&[2]).repeat(nodes + 1));
    structure.extend(cells(&[9]));
    let line = Machine::read(&by_hand(&structure), TREE, 0).unwrap_err().to_string();
    assert_eq!(line, "the device tree is nested deeper than 32 nodes");
}
