//! Finds the device tree in memory, and keeps what it says. Nothing of it is assumed elsewhere.

use crate::arch::cpu;
use crate::board::early_map;
use core::ptr;
use spin::Once;

pub use board_tree::{Conduit, Gic, Machine};

/// Where QEMU puts the tree when it loads an ELF file: the start of RAM, with x0 = 0 (QEMU manual,
/// "virt" machine, "Hardware configuration information for bare-metal programming").
const ELF_TREE_ADDRESS: usize = 0x4000_0000;
/// What a tree's address must be a multiple of (Linux, Documentation/arch/arm64/booting.rst, "Setup the
/// device tree").
const ALIGNMENT: usize = 8;
/// The largest tree that is read: twice what Linux allows, as QEMU makes one of more than 2 MiB of a tree
/// that it has written itself (softmmu/device_tree.c, load_device_tree).
const LARGEST_TREE: usize = 4 << 20;
/// The first word of a tree, big-endian (Devicetree Specification, 5.2).
const MAGIC: u32 = 0xd00d_feed;

static MACHINE: Once<Machine<'static>> = Once::new();

/// Reads the tree that the loader has named, or the one where QEMU puts it. On core 0, once.
pub fn read(loader_tree: usize) -> &'static Machine<'static> {
    let address = if loader_tree == 0 { ELF_TREE_ADDRESS } else { loader_tree };
    if !address.is_multiple_of(ALIGNMENT) || !early_map::MEMORY.contains(&address) {
        panic!("no device tree can lie at {address:#x}, which the loader has named");
    }
    early_map::add_memory(address..address + ALIGNMENT);
    // SAFETY: memory, which is mapped now, nothing writes, and holds any value.
    let [magic, size] = unsafe { ptr::read(address as *const [u32; 2]) }.map(u32::from_be);
    let size = size as usize;
    if magic != MAGIC && loader_tree == 0 {
        panic!(
            "QEMU has left no device tree; a file for -dtb must be smaller than 1 MB: pack it by dtc"
        );
    }
    if magic != MAGIC || size > LARGEST_TREE {
        panic!("no device tree lies at {address:#x}: it begins with {magic:#x}, {size:#x}");
    }
    early_map::add_memory(address..address + size);
    // SAFETY: as above; also the final tables map it, for reading.
    let tree = unsafe { core::slice::from_raw_parts(address as *const u8, size) };
    MACHINE.call_once(|| {
        Machine::read(tree, address, cpu::affinity()).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// Returns what the device tree said.
pub fn machine() -> &'static Machine<'static> {
    MACHINE.get().expect("the device tree is read before anything else")
}
