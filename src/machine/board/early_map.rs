//! The map that core 0 turns its MMU on with: device space and the image, then what is added.
//!
//! It holds no more, because a core may read ahead of itself whatever is mapped as memory (Arm ARM,
//! "Speculative accesses"), and who owns the rest is known only from the device tree. The image's block
//! of 2 MiB is mapped as a whole, as in Linux (Documentation/arch/arm64/booting.rst: a kernel lies in
//! 2 MiB of its own). In use until [`mmu::start`](crate::board::mmu::start) has built the real tables,
//! which takes a heap.

use crate::board::mmu::{Attributes, DEVICE, NORMAL, READ_WRITE, ROOT_LEVEL};
use aarch64_cpu::asm::barrier;
use board_tree::PAGE;
use core::ops::Range;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// The block that linker.ld puts the image into, and the entries that lead to it.
const IMAGE_BLOCK: usize = 0x4020_0000;
const IMAGE_GIB: usize = IMAGE_BLOCK >> 30;
const IMAGE_IN_GIB: usize = IMAGE_BLOCK >> 21 & 0x1ff;
/// The level of tables whose entries are pages.
const PAGE_LEVEL: usize = 3;
/// Bits of a descriptor that leads to a table, but for its address; one of a page has the same two.
const TABLE: usize = Attributes::VALID.union(Attributes::TABLE_OR_PAGE).bits();

/// 512 descriptors of blocks, pages and other tables.
#[repr(C, align(4096))]
#[derive(Debug)]
pub struct Table([AtomicPtr<Table>; 512]);

/// The root of the map. A constant of the image, and not filled while the caches are off: a cache line
/// from before could later hide what was written past it.
pub static EARLY_TABLE: Table = {
    let mut table = empty();
    table.0[0] = AtomicPtr::new(ptr::without_provenance_mut(DEVICE.bits()));
    let next = (&raw const OUR_GIB).wrapping_byte_add(TABLE);
    table.0[IMAGE_GIB] = AtomicPtr::new(next.cast_mut());
    table
};

static OUR_GIB: Table = {
    let mut table = empty();
    let block = IMAGE_BLOCK | NORMAL.bits();
    table.0[IMAGE_IN_GIB] = AtomicPtr::new(ptr::without_provenance_mut(block));
    table
};

/// Tables for what is added: two of pages for the ends of a tree, two for those of the heap, two for
/// each of them to lie anywhere in any two GiB, and two for a console outside of device space.
static SPARE: [Table; 10] = [const { empty() }; 10];
static SPARE_USED: AtomicUsize = AtomicUsize::new(0);

const fn empty() -> Table {
    Table([const { AtomicPtr::new(ptr::null_mut()) }; 512])
}

/// Maps memory, to be read and written. On core 0, before the real tables are in use.
pub fn add_memory(range: Range<usize>) {
    add(range, READ_WRITE);
}

/// Maps registers of a device, if they lie outside of device space. On core 0, as above.
pub fn add_device(range: Range<usize>) {
    add(range, DEVICE);
}

fn add(range: Range<usize>, attributes: Attributes) {
    let mut at = range.start / PAGE * PAGE;
    while at < range.end {
        at += add_one(at, range.end - at, attributes);
    }
    barrier::dsb(barrier::ISHST); // written before they are walked
    barrier::isb(barrier::SY);
}

/// Maps a block or a page, unless one is mapped there already. Returns how far that reaches.
fn add_one(address: usize, room: usize, attributes: Attributes) -> usize {
    let mut table = &EARLY_TABLE;
    let mut level = ROOT_LEVEL;
    loop {
        let size = PAGE << (9 * (PAGE_LEVEL - level));
        let entry = &table.0[address / size % 512];
        let mut descriptor = entry.load(Ordering::Relaxed);
        let fits = level == PAGE_LEVEL || address.is_multiple_of(size) && size <= room;
        if descriptor.is_null() && fits {
            let kind = if level == PAGE_LEVEL { TABLE } else { 0 };
            let bits = address + (attributes.bits() | kind);
            entry.store(ptr::without_provenance_mut(bits), Ordering::Relaxed);
            return size;
        }
        if descriptor.is_null() {
            let spare = SPARE.get(SPARE_USED.fetch_add(1, Ordering::Relaxed));
            let spare = spare.unwrap_or_else(|| panic!("no table is left to map {address:#x}"));
            descriptor = ptr::from_ref(spare).wrapping_byte_add(TABLE).cast_mut();
            entry.store(descriptor, Ordering::Relaxed);
        }
        if level == PAGE_LEVEL || descriptor.addr() & TABLE != TABLE {
            return size - address % size;
        }
        // SAFETY: above the level of pages, a descriptor with these bits is one that this file has made
        // of the address of a table that lives for ever.
        table = unsafe { &*descriptor.wrapping_byte_sub(TABLE) };
        level += 1;
    }
}
