//! What the kernel says of registers: exceptions in words, ticks in nanoseconds, the size of cache lines.

use core::arch::asm;
use machine::arch::syndrome::Syndrome;
use machine::arch::{cache, time};
use machine::smp::{cores, jobs, protection};
use machine::testing::ktap::{self, equal, holds};
use spin::Mutex;

/// Syndromes, their words, and whether it was a load or a store (Arm ARM, ESR_EL1: the class in bits 31:26,
/// WnR in bit 6, the fault status in bits 5:0).
const SYNDROMES: &[(u64, &str, bool)] = &[
    (0, "undefined instruction", false),
    (0x01 << 26, "trapped WFI or WFE", false),
    (0x07 << 26, "trapped floating-point instruction", false),
    (0x0e << 26, "illegal execution state", false),
    (0x15 << 26, "supervisor call", false),
    (0x18 << 26, "trapped system register access", false),
    (0x19 << 26, "trapped SVE instruction", false),
    (0x20 << 26, "instruction abort", false),
    (0x21 << 26 | 0x0f, "instruction abort, permission fault, level 3", false),
    (0x22 << 26, "misaligned program counter", false),
    (0x25 << 26, "data abort on read, address size fault, level 0", true),
    (0x25 << 26 | 0x04, "data abort on read, translation fault, level 0", true),
    (0x25 << 26 | 1 << 6 | 0x07, "data abort on write, translation fault, level 3", true),
    (0x25 << 26 | 1 << 6 | 0x09, "data abort on write, access flag fault, level 1", true),
    (0x25 << 26 | 0x0e, "data abort on read, permission fault, level 2", true),
    (0x25 << 26 | 0x10, "data abort on read, synchronous external abort", true),
    (0x25 << 26 | 0x16, "data abort on read, external abort on a table walk, level 2", true),
    (0x25 << 26 | 0x21, "data abort on read, alignment fault", true),
    (0x25 << 26 | 0x30, "data abort on read, TLB conflict", true),
    (0x25 << 26 | 0x35, "data abort on read, unsupported exclusive or atomic access", true),
    (0x25 << 26 | 0x3f, "data abort on read, fault status 0x3f", true),
    (0x26 << 26, "misaligned stack pointer", false),
    (0x2f << 26, "system error", false),
    (0x30 << 26, "breakpoint", false),
    (0x3c << 26, "BRK instruction", false),
    (0x3f << 26, "exception of class 0x3f", false),
];

/// Checks what an exception is called.
pub fn exceptions() -> ktap::Result {
    for &(bits, words, is_data_abort) in SYNDROMES {
        for bits in [bits, bits | 1 << 25] {
            // IL, which says how long the instruction is, changes nothing.
            let said = alloc::format!("{}", Syndrome(bits));
            equal(format_args!("{bits:#x}"), said.as_str(), words)?;
            equal(format_args!("{bits:#x}"), Syndrome(bits).is_data_abort(), is_data_abort)?;
        }
    }
    Ok(())
}

/// Checks that a second is a second.
pub fn times() -> ktap::Result {
    let frequency = time::frequency();
    equal("a second in nanoseconds", time::nanoseconds(frequency), 1_000_000_000)?;
    equal("an hour", time::nanoseconds(3600 * frequency), 3_600_000_000_000)?;
    equal("rounded down", time::nanoseconds(1), 1_000_000_000 / frequency)?;
    let before = time::now();
    let then = time::after_ms(5000);
    let after = time::now();
    holds("5 s ahead", before + 5 * frequency <= then && then <= after + 5 * frequency)
}

/// Checks that slots are as far apart as any field of CTR_EL0 asks for, and no more: of registers that no emulated
/// core has, and on every core.
pub fn lines() -> ktap::Result {
    // CWG, ERG and DminLine, and other fields than these (Arm ARM, CTR_EL0).
    let others = 0x8000_c00f;
    for (fields, bytes) in
        [(0x645, 256), (0x456, 256), (0x564, 256), (0x043, 64), (0x403, 64), (0x003, 32)]
    {
        let granule = cache::granule_of(fields << 16 | others);
        equal(format_args!("granule of {fields:#x}"), granule, bytes)?;
    }
    let wrong = Mutex::new(None);
    jobs::run(&|_| {
        let ctr: u64;
        // SAFETY: reading CTR_EL0 has no effect, and EL1 may always do it.
        unsafe { asm!("mrs {}, ctr_el0", out(reg) ctr, options(nomem, nostack)) };
        // CWG, ERG and DminLine: log2 of words; in the first two 0 says nothing (Arm ARM, CTR_EL0).
        let fields = [ctr >> 24 & 0xf, ctr >> 20 & 0xf, ctr >> 16 & 0xf];
        let largest = fields.into_iter().max().map_or(0, |log2_words| 4 << log2_words);
        if cache::granule() != largest {
            *wrong.lock() = Some((cache::granule(), largest));
        }
    });
    equal(
        "bytes that caches write at once, as the kernel and CTR_EL0 say",
        wrong.into_inner(),
        None,
    )?;
    let apart = cache::granule().div_ceil(rundown::CACHE_LINE);
    for cores in 1..4 {
        // Its first line has a granule of its own, and so has each core's slot.
        let lines = protection::object(cores).slot_count() + 1;
        equal(format_args!("lines of an object for {cores}"), lines, (cores + 1) * apart)?;
    }
    for core in cores::all() {
        let last = (core.slot + 1) * rundown::CACHE_LINE;
        equal(
            format_args!("core {}: its slot ends a granule", core.index),
            last % cache::granule(),
            0,
        )?;
    }
    Ok(())
}
