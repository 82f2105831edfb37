//! The map that core 0 turns its MMU on with: device space and the image, then what is added.
//!
//! It holds no more, because a core may read ahead of itself whatever is mapped as memory (Arm ARM,
//! "Speculative access to memory"), and who else owns memory is known only from the device tree. In use
//! until [`mmu::start`](crate::board::mmu::start) has built the real tables, which takes a heap.

use crate::board::mmu::{ADDRESS_BITS, Attributes, DEVICE, NORMAL, READ_WRITE, ROOT_LEVEL};
use aarch64_cpu::asm::barrier;
use board_tree::PAGE;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Where memory can lie: behind the first GiB, which `virt` keeps for devices.
pub const MEMORY: Range<usize> = 1 << 30..1 << ADDRESS_BITS;
/// A descriptor that leads to another table, but for its address.
pub const TABLE: u64 = bits(Attributes::VALID.union(Attributes::TABLE_OR_PAGE));
/// What the descriptor of a page has and that of a block has not.
const IS_PAGE: u64 = bits(Attributes::TABLE_OR_PAGE);
/// The descriptor of device space, a block.
pub const DEVICE_BLOCK: u64 = bits(DEVICE);
/// The descriptor of a page of the image, but for its address: all of it is written or executed.
pub const IMAGE_PAGE: u64 = bits(NORMAL) | IS_PAGE;
/// The level of tables whose entries are pages.
const PAGE_LEVEL: usize = 3;
/// The root, the two tables that lead to the image, which boot/entry.S fills, and ten more: for a tree of
/// 2 MiB and for a heap two of pages, each pair in any two GiB, and for a console outside device space two.
const TABLES: usize = 3 + 10;

/// Tables of 512 descriptors, the root first.
#[repr(C, align(4096))]
#[derive(Debug)]
pub struct EarlyMap([[AtomicU64; 512]; TABLES]);

/// See [`EarlyMap`].
pub static EARLY_MAP: EarlyMap = EarlyMap([const { [const { AtomicU64::new(0) }; 512] }; TABLES]);
static TABLES_USED: AtomicUsize = AtomicUsize::new(3);

/// Maps memory, to be read and written. On core 0, before the real tables are in use.
pub fn add_memory(range: Range<usize>) {
    add(range, bits(READ_WRITE));
}

/// Maps registers of a device, if they lie outside device space. On core 0, as above.
pub fn add_device(range: Range<usize>) {
    add(range, DEVICE_BLOCK);
}

const fn bits(attributes: Attributes) -> u64 {
    attributes.bits() as u64
}

fn add(range: Range<usize>, attributes: u64) {
    let mut at = range.start / PAGE * PAGE;
    while at < range.end {
        at += add_one(at, range.end - at, attributes);
    }
    barrier::dsb(barrier::ISHST); // written before they are walked
    barrier::isb(barrier::SY);
}

/// Maps a block or a page, unless one is mapped there. Returns its size.
fn add_one(address: usize, room: usize, attributes: u64) -> usize {
    let base = (&raw const EARLY_MAP).addr();
    let mut table = &EARLY_MAP.0[0];
    for level in ROOT_LEVEL..=PAGE_LEVEL {
        let size = PAGE << (9 * (PAGE_LEVEL - level));
        let entry = &table[address / size % 512];
        let mut descriptor = entry.load(Ordering::Relaxed);
        let fits = level == PAGE_LEVEL || address.is_multiple_of(size) && size <= room;
        if descriptor == 0 && fits && level > ROOT_LEVEL {
            let kind = if level == PAGE_LEVEL { IS_PAGE } else { 0 };
            entry.store(address as u64 | attributes | kind, Ordering::Relaxed);
            return size;
        }
        if descriptor == 0 {
            let next = TABLES_USED.fetch_add(1, Ordering::Relaxed);
            assert!(next < TABLES, "the early map has no table left for {address:#x}");
            descriptor = (base + next * size_of_val(table)) as u64 | TABLE;
            entry.store(descriptor, Ordering::Relaxed);
        }
        if level == PAGE_LEVEL || descriptor & TABLE != TABLE {
            return size - address % size; // mapped already
        }
        table = &EARLY_MAP.0[(descriptor as usize - base) / size_of_val(table)];
    }
    unreachable!("a page ends every walk")
}
