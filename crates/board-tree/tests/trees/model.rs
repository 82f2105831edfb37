//! A device tree that tests can change: read from bytes, written to bytes.

use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::{Node as _, Property as _};

/// Trees that QEMU 7.2.22 made with `-machine ...,dumpdtb=FILE`, packed by dtc. The last is for 512 cores
/// with `virtualization=on`.
pub const GICV2: &[u8] = include_bytes!("gicv2-8.dtb");
pub const GICV3: &[u8] = include_bytes!("gicv3-4.dtb");
pub const LARGE: &[u8] = include_bytes!("gicv3-512.dtb");

/// A node.
#[derive(Clone, Debug, Default)]
pub struct Node {
    pub name: String,
    pub properties: Vec<(String, Vec<u8>)>,
    pub children: Vec<Node>,
}

/// A tree.
#[derive(Clone, Debug)]
pub struct Tree {
    pub reservations: Vec<(u64, u64)>,
    pub root: Node,
}

/// Returns the value of a property that holds numbers.
pub fn cells(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

impl Node {
    /// Returns a node with these properties.
    pub fn new(name: &str, properties: &[(&str, &[u8])]) -> Node {
        let own = |(name, value): &(&str, &[u8])| ((*name).to_owned(), value.to_vec());
        let properties = properties.iter().map(own).collect();
        Node { name: name.to_owned(), properties, children: Vec::new() }
    }

    fn read(node: FdtNode<'_>) -> Node {
        let properties = node.properties();
        Node {
            name: node.name().to_owned(),
            properties: properties
                .map(|one| (one.name().to_owned(), one.value().to_vec()))
                .collect(),
            children: node.children().map(Node::read).collect(),
        }
    }

    /// Returns the value of a property.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.properties.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_slice())
    }

    /// Gives a property a value, and adds it if there is none.
    pub fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.remove(name);
        self.properties.push((name.to_owned(), value.into()));
    }

    /// Takes a property away.
    pub fn remove(&mut self, name: &str) {
        self.properties.retain(|(own, _)| own != name);
    }

    /// Calls a function with every node below and this one.
    pub fn each(&mut self, work: &mut impl FnMut(&mut Node)) {
        work(self);
        self.children.iter_mut().for_each(|child| child.each(work));
    }

    fn write(&self, structure: &mut Vec<u8>, strings: &mut Vec<u8>) {
        let padded = |structure: &mut Vec<u8>, bytes: &[u8]| {
            structure.extend(bytes);
            structure.resize(structure.len().next_multiple_of(4), 0);
        };
        structure.extend(cells(&[1]));
        padded(structure, &[self.name.as_bytes(), b"\0"].concat());
        for (name, value) in &self.properties {
            let name = [name.as_bytes(), b"\0"].concat();
            let known = strings.windows(name.len()).position(|window| window == name);
            let offset = known.unwrap_or(strings.len());
            if known.is_none() {
                strings.extend(&name);
            }
            structure.extend(cells(&[3, value.len() as u32, offset as u32]));
            padded(structure, value);
        }
        self.children.iter().for_each(|child| child.write(structure, strings));
        structure.extend(cells(&[2]));
    }
}

impl Tree {
    /// Reads a tree that is known to be whole.
    pub fn read(bytes: &[u8]) -> Tree {
        let fdt = Fdt::new(bytes).expect("the tree is whole");
        let reservations = fdt.memory_reservations();
        Tree {
            reservations: reservations.map(|one| (one.address(), one.size())).collect(),
            root: Node::read(fdt.root()),
        }
    }

    /// Returns the tree as the boot loader hands it over (Devicetree Specification, chapter 5).
    pub fn bytes(&self) -> Vec<u8> {
        const HEADER: usize = 40;
        let (mut structure, mut strings) = (Vec::new(), Vec::new());
        self.root.write(&mut structure, &mut strings);
        structure.extend(cells(&[9]));
        let mut bytes = vec![0; HEADER];
        for (address, size) in self.reservations.iter().chain([&(0, 0)]) {
            bytes.extend(address.to_be_bytes());
            bytes.extend(size.to_be_bytes());
        }
        let at_structure = bytes.len();
        bytes.extend(&structure);
        let at_strings = bytes.len();
        bytes.extend(&strings);
        let all = bytes.len();
        let sizes = [strings.len(), structure.len()];
        let header = [all, at_structure, at_strings, HEADER, 17, 16, 0, sizes[0], sizes[1]];
        let header = header.map(|number| number as u32);
        bytes[..4].copy_from_slice(&0xd00d_feed_u32.to_be_bytes());
        bytes[4..HEADER].copy_from_slice(&cells(&header));
        bytes
    }

    /// Returns the node at a path, whose names are whole.
    pub fn at(&mut self, path: &str) -> &mut Node {
        let names = path.split('/').filter(|name| !name.is_empty());
        names.fold(&mut self.root, |node, name| {
            let child = node.children.iter_mut().find(|child| child.name == name);
            child.unwrap_or_else(|| panic!("{path} is not there"))
        })
    }
}
