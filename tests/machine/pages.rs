//! The page tables: each page has the permissions of what lies there, and nothing else has a page.
//!
//! They are read as the MMU reads them, and every core's MMU is asked as well. What is expected is written in
//! bits of the architecture, not in names of the kernel.

use aarch64_cpu::registers::{
    ID_AA64MMFR0_EL1, MAIR_EL1, PAR_EL1, Readable, SCTLR_EL1, TCR_EL1, TTBR0_EL1, VBAR_EL1,
};
use alloc::string::String;
use alloc::vec::Vec;
use board_tree::Layout;
use core::arch::asm;
use core::ops::Range;
use core::ptr;
use machine::board::memory::PAGE;
use machine::board::{device_tree, early_map, image};
use machine::smp::{cores, jobs};
use machine::testing::ktap::{self, equal, holds};
use spin::Mutex;

// Bits of a block's or a page's descriptor (Arm ARM, "VMSAv8-64 block and page descriptor fields").
const VALID: usize = 1;
const TABLE_OR_PAGE: usize = 1 << 1;
const ATTRIBUTE_1: usize = 1 << 2;
const READ_ONLY: usize = 1 << 7;
const INNER_SHAREABLE: usize = 0b11 << 8;
const ACCESSED: usize = 1 << 10;
const NON_GLOBAL: usize = 1 << 11;
const PXN: usize = 1 << 53;
const UXN: usize = 1 << 54;
/// The address in a descriptor.
const ADDRESS: usize = 0xffff_ffff_f000;

const COMMON: usize = VALID | ACCESSED | NON_GLOBAL | UXN;
const NORMAL: usize = COMMON | ATTRIBUTE_1 | INNER_SHAREABLE;
const DEVICE: usize = COMMON | PXN;
const READ_EXECUTE: usize = NORMAL | READ_ONLY;
const READ: usize = NORMAL | READ_ONLY | PXN;
const READ_WRITE: usize = NORMAL | PXN;

/// A block or a page: what it maps, and its attributes.
type Leaf = (Range<usize>, usize);
/// A part of memory: its name, where it lies, and the attributes that its pages must have.
type Part = (&'static str, Range<usize>, usize);

/// Returns everything that a table maps, each to its own address. `level` is 1 at the root.
fn leaves(table: usize, level: usize, base: usize) -> Result<Vec<Leaf>, String> {
    let size = PAGE << (9 * (3 - level));
    let mut found = Vec::new();
    for entry in 0..512 {
        // SAFETY: a table of the kernel's, in memory of the kernel's that is mapped, of 512 words.
        let descriptor = unsafe { (table as *const usize).add(entry).read_volatile() };
        let at = base + entry * size;
        if descriptor & VALID == 0 {
            continue;
        }
        if level < 3 && descriptor & TABLE_OR_PAGE != 0 {
            found.extend(leaves(descriptor & ADDRESS, level + 1, at)?);
        } else {
            equal("the address that a page is mapped to", descriptor & ADDRESS, at)?;
            found.push((at..at + size, descriptor & !ADDRESS & !TABLE_OR_PAGE));
        }
    }
    Ok(found)
}

/// Returns what must be mapped while the kernel runs.
fn parts() -> Vec<Part> {
    let machine = device_tree::machine();
    let heap = Layout::plan(machine, image::whole()).expect("it was planned so before").heap;
    let mut parts = Vec::from([
        ("text", image::text(), READ_EXECUTE),
        ("constants", image::rodata(), READ),
        ("data", image::data(), READ_WRITE),
        ("the heap", heap, READ_WRITE),
        ("the device tree", machine.tree.clone(), READ),
    ]);
    parts.extend(machine.devices().map(|registers| ("a device", registers, DEVICE)));
    for core in cores::all() {
        let stacks = &core.stacks;
        parts.push(("a stack", stacks.main.clone(), READ_WRITE));
        parts.push(("an exception stack", stacks.exception.clone(), READ_WRITE));
    }
    parts
}

/// Checks that each leaf lies in one part, with its attributes.
fn compare(leaves: &[Leaf], parts: &[Part]) -> ktap::Result {
    for (range, attributes) in leaves {
        let within = |part: &&Part| part.1.contains(&range.start) && range.end <= part.1.end;
        let Some((name, _, expected)) = parts.iter().find(within) else {
            return Err(alloc::format!("{range:#x?} is mapped and belongs to nobody"));
        };
        holds(
            format_args!("{range:#x?}, {name}: attributes {attributes:#x} are {expected:#x}"),
            attributes == expected,
        )?;
    }
    Ok(())
}

/// Checks that a part is mapped from its first byte to its last.
fn whole(leaves: &[Leaf], (name, part, _): &Part) -> ktap::Result {
    let common = |leaf: &Range<usize>| {
        part.end.min(leaf.end).saturating_sub(part.start.max(leaf.start)) // no two leaves overlap
    };
    let mapped: usize = leaves.iter().map(|(leaf, _)| common(leaf)).sum();
    equal(format_args!("bytes of {name} that are mapped"), mapped, part.len())
}

/// Checks the tables in use: all that is mapped, and nothing besides.
pub fn final_map() -> ktap::Result {
    let parts = parts();
    // An address space of its own, so that nothing of the early map is left in a TLB (Arm ARM, "ASID").
    holds("the early map was another address space", TTBR0_EL1.get() >> 48 != 0)?;
    let leaves = leaves(TTBR0_EL1.get_baddr() as usize, 1, 0)?;
    compare(&leaves, &parts)?;
    parts.iter().try_for_each(|part| whole(&leaves, part))
}

/// Nothing lies there: addresses to add to the early map, which is not in use any more. The last word of a
/// device's page and the first of its next; and memory of which there are pages before a block, a block, and
/// pages behind it.
const NO_DEVICE: Range<usize> = (96 << 30) + 2 * PAGE - 8..(96 << 30) + 2 * PAGE + 8;
const ITS_PAGES: Range<usize> = (96 << 30) + PAGE..(96 << 30) + 3 * PAGE;
const NO_MEMORY: Range<usize> = (80 << 30) - BLOCK - 2 * PAGE..(80 << 30) + BLOCK + 3 * PAGE;
/// What a descriptor of the second level maps.
const BLOCK: usize = 2 << 20;

/// Checks the tables that core 0 began with: only the image, as a whole, could be executed.
pub fn early_map() -> ktap::Result {
    early_map::add_device(NO_DEVICE);
    early_map::add_memory(NO_MEMORY);
    early_map::add_memory(NO_MEMORY); // what is mapped already stays
    let root = ptr::from_ref(&early_map::EARLY_TABLE).addr();
    let leaves = leaves(root, 1, 0)?;
    let block = image::whole().start & !(BLOCK - 1);
    let device = ("device space", 0..1 << 30, DEVICE);
    let image = ("the image", block..block + BLOCK, NORMAL);
    let added =
        parts().into_iter().filter(|part| ["the heap", "the device tree"].contains(&part.0));
    let added = added.map(|(name, range, _)| (name, range, READ_WRITE));
    let parts: Vec<Part> = [
        device,
        image,
        ("the device that was added", ITS_PAGES, DEVICE),
        ("the memory that was added", NO_MEMORY, READ_WRITE),
    ]
    .into_iter()
    .chain(added)
    .collect();
    compare(&leaves, &parts)?;
    parts.iter().try_for_each(|part| whole(&leaves, part))
}

/// Has the MMU translate an address (Arm ARM, AT S1E1R and its like). Returns PAR_EL1.
macro_rules! translate {
    ($how:literal, $address:expr) => {{
        // SAFETY: AT only translates; its result is in PAR_EL1.
        unsafe { asm!(concat!("at ", $how, ", {}"), "isb", in(reg) $address, options(nostack)) };
        PAR_EL1.get()
    }};
}

/// Checks what a core's MMU makes of a leaf. Returns what it does otherwise.
fn ask_the_mmu((range, attributes): &Leaf) -> ktap::Result {
    let fails = |par: u64| par & 1 != 0; // PAR_EL1.F
    let memory = attributes & ATTRIBUTE_1 != 0;
    for at in [range.start, range.end - 8] {
        let read = translate!("s1e1r", at);
        let writable = !fails(translate!("s1e1w", at));
        let as_the_tables_say = [
            !fails(read),
            writable == (attributes & READ_ONLY == 0),
            fails(translate!("s1e0r", at)), // nothing is EL0's
            (read as usize ^ at) & ADDRESS == 0,
            // Write-back and allocating, or nGnRE (Arm ARM, MAIR_EL1).
            read >> 56 == if memory { 0xff } else { 0x04 },
            !memory || read >> 7 & 0b11 == 0b11, // inner shareable
        ];
        equal(
            format_args!("{at:#x}, PAR_EL1 {read:#x}: read, write, EL0, address, type, shared"),
            as_the_tables_say,
            [true; 6],
        )?;
    }
    Ok(())
}

unsafe extern "C" {
    // boot/vectors.S; only its address is used.
    static vectors: u8;
}

/// Checks the registers that say how the calling core translates, and where it takes exceptions.
fn registers(tables: u64) -> ktap::Result {
    equal("TTBR0_EL1", TTBR0_EL1.get(), tables)?;
    equal("MAIR_EL1", MAIR_EL1.get(), 0xff_04)?;
    equal("VBAR_EL1", VBAR_EL1.get(), (&raw const vectors).addr() as u64)?;
    // T0SZ 25: 39 bits. IRGN0, ORGN0: walks through write-back caches. SH0: inner. EPD1: no TTBR1.
    // IPS as large as the core can, but for LPA2 (Arm ARM, TCR_EL1).
    let size = ID_AA64MMFR0_EL1.read(ID_AA64MMFR0_EL1::PARange).min(5);
    let tcr = 25 | 0b01 << 8 | 0b01 << 10 | 0b11 << 12 | 1 << 23 | size << 32;
    equal("TCR_EL1", TCR_EL1.get(), tcr)?;
    // M, C, SA, SA0, I are set; A, WXN, E0E, EE are not (Arm ARM, SCTLR_EL1).
    let set = 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 12;
    let clear = 1 << 1 | 1 << 19 | 1 << 24 | 1 << 25;
    equal("SCTLR_EL1", SCTLR_EL1.get() & (set | clear), set)?;
    // LSMAOE, nTLSMD, SPAN, EIS, TSCXT, EOS: 1 without the features that give them a meaning.
    let ones = [29, 28, 23, 22, 20, 11];
    let zeros = ones.into_iter().filter(|bit| SCTLR_EL1.get() >> bit & 1 == 0).count();
    equal("bits of SCTLR_EL1 that are to be 1 and are not", zeros, 0)
}

/// Checks that every core's MMU says the same as the tables.
pub fn every_mmu() -> ktap::Result {
    let tables = TTBR0_EL1.get();
    let leaves = leaves(TTBR0_EL1.get_baddr() as usize, 1, 0)?;
    let first_wrong = Mutex::new(None);
    jobs::run(&|core| {
        let result = registers(tables).and_then(|()| leaves.iter().try_for_each(ask_the_mmu));
        if let Err(seen) = result {
            *first_wrong.lock() = Some((core, seen));
        }
    });
    equal("a core and what it sees", first_wrong.into_inner(), None)
}

/// Checks that below every stack lies a page that is not mapped.
pub fn guards() -> ktap::Result {
    for core in cores::all() {
        for stack in [&core.stacks.main, &core.stacks.exception] {
            let guard = stack.start - PAGE..stack.start;
            for at in [guard.start, guard.end - 8] {
                let par = translate!("s1e1r", at);
                // FST, the fault status: a translation fault of any level.
                holds(
                    format_args!("core {}: {at:#x} is not mapped: {par:#x}", core.index),
                    par & 1 != 0 && par >> 1 & 0b11_1100 == 0b00_0100,
                )?;
            }
        }
    }
    Ok(())
}

/// Checks that what the device tree keeps for others is not mapped.
pub fn reserved() -> ktap::Result {
    let machine = device_tree::machine();
    for page in machine.reserved.iter().flatten().step_by(PAGE) {
        let tree = machine.tree.contains(&page); // loaders may reserve it
        holds(
            format_args!("{page:#x} cannot be read"),
            tree || translate!("s1e1r", page) & 1 != 0,
        )?;
    }
    Ok(())
}
