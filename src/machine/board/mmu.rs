//! Page tables: text RX, rodata R, data RW, nothing both writable and executable.

use crate::board::{image, memory};
use aarch64_paging::idmap::IdMap;
use aarch64_paging::paging::{El1And0, MemoryRegion};
use core::ops::Range;

pub use aarch64_paging::descriptor::El1Attributes as Attributes;
pub use board_tree::ADDRESS_BITS;
use board_tree::Machine;

/// The first of three levels of tables.
pub const ROOT_LEVEL: usize = 1;
/// The early map has address space 0, so entries of the two never meet in a TLB.
const ASID: usize = 1;

/// Attribute 0: device, no gathering, no reordering, early acknowledgement. Attribute 1: normal
/// memory, write-back, read- and write-allocate (Arm ARM, MAIR_EL1).
pub const MAIR_EL1_VALUE: u64 = 0xff_04;

/// Registers of devices.
pub const DEVICE: Attributes =
    Attributes::ATTRIBUTE_INDEX_0.union(Attributes::PXN).union(Attributes::UXN).union(COMMON);
/// Memory that is read, written and executed: for the early map only.
pub const NORMAL: Attributes = Attributes::ATTRIBUTE_INDEX_1
    .union(Attributes::INNER_SHAREABLE)
    .union(Attributes::UXN)
    .union(COMMON);
const COMMON: Attributes =
    Attributes::VALID.union(Attributes::ACCESSED).union(Attributes::NON_GLOBAL);
const READ_EXECUTE: Attributes = NORMAL.union(Attributes::READ_ONLY);
const READ: Attributes = READ_EXECUTE.union(Attributes::PXN);
/// Memory that is read and written.
pub const READ_WRITE: Attributes = NORMAL.union(Attributes::PXN);

/// Builds the real tables and switches to them.
pub fn start(machine: &Machine, heap: Range<usize>) {
    let mut map = IdMap::with_asid(ASID, ROOT_LEVEL, El1And0);
    let mut add = |range: Range<usize>, attributes| {
        let region = MemoryRegion::new(range.start, range.end);
        map.map_range(&region, attributes)
            .unwrap_or_else(|error| panic!("cannot map {region}: {error}"));
    };
    add(image::text(), READ_EXECUTE);
    add(image::rodata(), READ);
    add(image::data(), READ_WRITE);
    for stacks in (0..machine.core_count).map(memory::stacks) {
        add(stacks.exception, READ_WRITE);
        add(stacks.main, READ_WRITE);
    }
    add(heap, READ_WRITE);
    add(machine.tree.clone(), READ);
    machine.devices().for_each(|registers| add(registers, DEVICE));
    // SAFETY: everything that the kernel uses is mapped above at the same address, with at least the
    // permissions it uses it with; the tables are never dropped.
    unsafe { map.activate() };
    core::mem::forget(map);
}
