//! Each rule for cores and devices by a tree of its own: what the reader makes of it.

use crate::changed::{TREE, UART, machine, read, refused};
use crate::model::{LARGE, Node, Tree, cells};
use board_tree::{ConsoleNote, Gic, Machine, Note};

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
