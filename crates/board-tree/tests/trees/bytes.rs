//! What is a tree, byte by byte, and what is none.

use crate::changed::{TREE, UART, machine, reserve};
use crate::model::{GICV2, GICV3, LARGE, Node, Tree, cells};
use board_tree::{Gic, Machine};
use std::ops::Range;

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
