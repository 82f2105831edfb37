//! QEMU's tree, changed, and what the reader and the planner make of it.

use crate::model::{GICV3, Node, Tree, cells};
use board_tree::{Error, Layout, Machine};
use std::ops::Range;

/// Where the kernel's image and QEMU's tree lie.
pub const IMAGE: Range<usize> = 0x4020_0000..0x4026_0000;
pub const TREE: usize = 0x4000_0000;
pub const MIB: usize = 1 << 20;
pub const UART: Range<usize> = 0x900_0000..0x900_1000;

/// Changes QEMU's tree for a GICv3 and four cores, and shows what is made of it.
pub fn read<T>(
    change: impl FnOnce(&mut Tree),
    show: impl FnOnce(Result<Machine, Error>) -> T,
) -> T {
    let mut tree = Tree::read(GICV3);
    change(&mut tree);
    show(Machine::read(&tree.bytes(), TREE, 0))
}

/// The same, for a tree that describes a machine.
pub fn machine<T>(change: impl FnOnce(&mut Tree), show: impl FnOnce(Machine) -> T) -> T {
    read(change, |machine| show(machine.unwrap_or_else(|error| panic!("{error}"))))
}

/// The same, for a tree that describes none. Returns the line that says why.
pub fn refused(change: impl FnOnce(&mut Tree)) -> String {
    read(change, |machine| machine.expect_err("this must be refused").to_string())
}

/// The same, for what the planner makes of it.
pub fn planned(change: impl FnOnce(&mut Tree)) -> Result<Layout, String> {
    machine(change, |machine| Layout::plan(&machine, IMAGE).map_err(|error| error.to_string()))
}

pub fn reserve(tree: &mut Tree, name: &str, reg: &[u32], no_map: bool) {
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

pub fn memory(tree: &mut Tree, ranges: &[u32]) {
    tree.at("/memory@40000000").set("reg", cells(ranges));
}

/// Returns all memory that a layout gives away, with the guard pages.
pub fn given(layout: &Layout, cores: usize) -> Vec<Range<usize>> {
    let stacks = (1..cores).map(|core| layout.stacks(core).expect("every core has stacks"));
    let both = stacks.flat_map(|stacks| [stacks.exception, stacks.main]);
    let mut all: Vec<_> = both.map(|stack| stack.start - board_tree::PAGE..stack.end).collect();
    all.push(layout.heap.clone());
    all
}

pub fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}
