//! Page tables: text RX, rodata R, data RW, nothing both writable and executable.

use crate::board::device_tree::{Gic, Machine};
use crate::board::image;
use crate::board::memory::{Layout, PAGE};
use aarch64_paging::descriptor::El1Attributes as Attributes;
use aarch64_paging::idmap::IdMap;
use aarch64_paging::paging::{El1And0, MemoryRegion};
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Bits of a virtual address: tables of three levels, 512 GiB, enough for `virt`'s second
/// redistributor region at 256 GiB.
pub const ADDRESS_BITS: usize = 39;
const ROOT_LEVEL: usize = 1;
/// The early table has address space 0, so entries of the two never meet in a TLB.
const ASID: usize = 1;
const GIB: u64 = 1 << 30;

/// Attribute 0: device, no gathering, no reordering, early acknowledgement. Attribute 1: normal
/// memory, write-back, read- and write-allocate (Arm ARM, MAIR_EL1).
pub const MAIR_EL1_VALUE: u64 = 0xff_04;

const DEVICE: Attributes =
    Attributes::ATTRIBUTE_INDEX_0.union(Attributes::PXN).union(Attributes::UXN).union(COMMON);
const NORMAL: Attributes = Attributes::ATTRIBUTE_INDEX_1
    .union(Attributes::INNER_SHAREABLE)
    .union(Attributes::UXN)
    .union(COMMON);
const COMMON: Attributes =
    Attributes::VALID.union(Attributes::ACCESSED).union(Attributes::NON_GLOBAL);
const READ_EXECUTE: Attributes = NORMAL.union(Attributes::READ_ONLY);
const READ: Attributes = READ_EXECUTE.union(Attributes::PXN);
const READ_WRITE: Attributes = NORMAL.union(Attributes::PXN);

/// The table that core 0 turns its MMU on with: the first GiB is device space, the second RAM.
///
/// Coarse, so that it can be a constant: the first atomic access must find the MMU on, and building
/// the real tables needs a heap, whose lock is one. In use until [`start`] has built those.
#[repr(C, align(4096))]
#[derive(Debug)]
pub struct EarlyTable([u64; 512]);

/// See [`EarlyTable`].
pub static EARLY_TABLE: EarlyTable = {
    let mut entries = [0; 512];
    entries[0] = DEVICE.bits() as u64;
    entries[1] = GIB | NORMAL.bits() as u64;
    EarlyTable(entries)
};

static TTBR0: AtomicUsize = AtomicUsize::new(0);

/// Builds the real tables and switches to them.
pub fn start(machine: &Machine, layout: &Layout) {
    let mut map = IdMap::with_asid(ASID, ROOT_LEVEL, El1And0);
    let mut add = |range: Range<usize>, attributes| {
        let region = MemoryRegion::new(range.start, range.end);
        map.map_range(&region, attributes)
            .unwrap_or_else(|error| panic!("cannot map {region}: {error}"));
    };
    add(image::text(), READ_EXECUTE);
    add(image::rodata(), READ);
    add(image::data(), READ_WRITE);
    for stacks in layout.all_stacks() {
        add(stacks.exception, READ_WRITE);
        add(stacks.main, READ_WRITE);
    }
    add(layout.heap.start..layout.heap.end / PAGE * PAGE, READ_WRITE);
    add(machine.tree.clone(), READ);
    add(machine.uart.clone(), DEVICE);
    match machine.gic.clone() {
        Gic::V2 { distributor, cpu_interface } => {
            add(distributor, DEVICE);
            add(cpu_interface, DEVICE);
        }
        Gic::V3 { distributor, redistributors } => {
            add(distributor, DEVICE);
            redistributors.into_iter().flatten().for_each(|region| add(region, DEVICE));
        }
    }
    TTBR0.store(map.root_address().0 | ASID << 48, Ordering::Relaxed);
    // SAFETY: everything that the kernel uses is mapped above at the same address, with at least the
    // permissions it uses it with; the tables are never dropped.
    unsafe { map.activate() };
    core::mem::forget(map);
}

/// Returns the value of TTBR0_EL1 for the real tables.
pub fn ttbr0() -> usize {
    TTBR0.load(Ordering::Relaxed)
}
