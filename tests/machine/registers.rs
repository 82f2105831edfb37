//! An interrupt gives every register back, to normal code and to a handler that it interrupts.
//!
//! A core fills all registers with values of their own and loops until a handler tells it to stop, then
//! stores them. The handler scrambles what a function may (AAPCS64, 6.1.1). The loop needs two registers,
//! so there are two loops.

use crate::patience::DEADLINE_MS;
use aarch64_cpu::registers::{
    DAIF, ELR_EL1, Readable, SPSR_EL1, SPSel, TPIDR_EL0, TPIDR_EL1, Writeable,
};
use alloc::vec::Vec;
use core::arch::global_asm;
use core::mem::offset_of;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};
use machine::arch::{interrupt_mask, time};
use machine::smp::{cores, jobs};
use machine::testing::ktap::{self, equal};

/// What is stored when the loop has ended, and what the loop must bring back to return.
#[repr(C)]
#[derive(Default)]
struct Registers {
    x: [u64; 31],
    sp: u64,
    nzcv: u64,
    /// x19 to x30, then SP.
    before: [u64; 13],
}

/// What a register holds times its number: the number in each byte.
const PATTERN: u64 = 0x0101_0101_0101_0101;

// TPIDRRO_EL0 has the address of `Registers`, TPIDR_EL0 says when the loop ends: neither is used by the
// kernel, but for a fatal exception inside a handler.
global_asm!(
    ".macro fill_and_loop name, nzcv, looks, counts",
    ".global \\name, \\name\\()_start, \\name\\()_end",
    "\\name:",
    "msr tpidrro_el0, x0",
    "stp x19, x20, [x0, #{BEFORE}]",
    "stp x21, x22, [x0, #{BEFORE} + 16]",
    "stp x23, x24, [x0, #{BEFORE} + 32]",
    "stp x25, x26, [x0, #{BEFORE} + 48]",
    "stp x27, x28, [x0, #{BEFORE} + 64]",
    "stp x29, x30, [x0, #{BEFORE} + 80]",
    "mov x1, sp",
    "str x1, [x0, #{BEFORE} + 96]",
    "mov x1, #(\\nzcv << 28)",
    "msr nzcv, x1",
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30",
    "ldr x\\n, =({PATTERN} * \\n)",
    ".endr",
    // An interrupt comes between any two of these, under QEMU only at the first. Wherever it returns to,
    // but where it came from, is seen in the number of additions, which must be a multiple of four.
    "\\name\\()_start:",
    "add x\\counts, x\\counts, #1",
    "add x\\counts, x\\counts, #1",
    "add x\\counts, x\\counts, #1",
    "add x\\counts, x\\counts, #1",
    "tbnz x\\counts, #31, 2f",          // no interrupt has come in 2^29 rounds
    "mrs x\\looks, tpidr_el0",
    "cbz x\\looks, \\name\\()_start",
    "\\name\\()_end:",
    "2:",
    "mrs x\\looks, tpidrro_el0",
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30",
    "str x\\n, [x\\looks, #{X} + 8 * \\n]",
    ".endr",
    "mov x0, x\\looks",
    "mov x1, sp",
    "str x1, [x0, #{SP}]",
    "mrs x1, nzcv",
    "str x1, [x0, #{NZCV}]",
    "ldp x19, x20, [x0, #{BEFORE}]",
    "ldp x21, x22, [x0, #{BEFORE} + 16]",
    "ldp x23, x24, [x0, #{BEFORE} + 32]",
    "ldp x25, x26, [x0, #{BEFORE} + 48]",
    "ldp x27, x28, [x0, #{BEFORE} + 64]",
    "ldp x29, x30, [x0, #{BEFORE} + 80]",
    "ldr x1, [x0, #{BEFORE} + 96]",
    "mov sp, x1",
    "ret",
    ".ltorg",
    ".endm",
    "fill_and_loop loop_by_x0_and_x1, 0b1010, 0, 1",
    "fill_and_loop loop_by_x19_and_x20, 0b0101, 19, 20",
    ".global scramble",
    "scramble:",
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18",
    "mov x\\n, #-\\n - 1",
    ".endr",
    "msr nzcv, xzr",
    "ret",
    PATTERN = const PATTERN,
    X = const offset_of!(Registers, x),
    SP = const offset_of!(Registers, sp),
    NZCV = const offset_of!(Registers, nzcv),
    BEFORE = const offset_of!(Registers, before),
);

unsafe extern "C" {
    // The loops above, and where the part that waits begins and ends.
    fn loop_by_x0_and_x1(registers: &mut Registers);
    fn loop_by_x19_and_x20(registers: &mut Registers);
    static loop_by_x0_and_x1_start: u8;
    static loop_by_x0_and_x1_end: u8;
    static loop_by_x19_and_x20_start: u8;
    static loop_by_x19_and_x20_end: u8;
    safe fn scramble();
}

/// The names of what is checked besides the numbered registers.
const OTHERS: [&str; 8] =
    ["SP", "NZCV", "DAIF", "SPSel", "TPIDR_EL1", "ELR_EL1", "SPSR_EL1", "no interrupt came"];

/// What was wrong on each core: bit n for register n, then [`OTHERS`].
static WRONG: [AtomicU64; cores::MAX_CORES] = [const { AtomicU64::new(0) }; cores::MAX_CORES];

/// Returns where the loops wait.
fn loops() -> [Range<u64>; 2] {
    let between = |start: *const u8, end: *const u8| start.addr() as u64..end.addr() as u64;
    [
        between(&raw const loop_by_x0_and_x1_start, &raw const loop_by_x0_and_x1_end),
        between(&raw const loop_by_x19_and_x20_start, &raw const loop_by_x19_and_x20_end),
    ]
}

/// Ends the loop, if that is what it has interrupted; otherwise it comes again.
fn end_loop() {
    let (at, state) = (ELR_EL1.get(), SPSR_EL1.get());
    if loops().iter().any(|waits| waits.contains(&at)) {
        TPIDR_EL0.set(state | 1); // never 0
    } else {
        interrupt_soon();
    }
    scramble();
}

fn interrupt_soon() {
    cores::this().timer.call_at(time::now() + time::frequency() / 20_000, end_loop);
}

/// Fills, waits and compares. Returns what was wrong, as in [`WRONG`].
fn wrong(run: unsafe extern "C" fn(&mut Registers), nzcv: u64, [looks, counts]: [usize; 2]) -> u64 {
    let mut registers = Registers::default();
    let around = || [DAIF.get(), SPSel.get(), TPIDR_EL1.get()];
    let before = around();
    TPIDR_EL0.set(0);
    interrupt_soon();
    // SAFETY: it keeps what AAPCS64 wants a function to keep, and stores to `registers` alone.
    unsafe { run(&mut registers) };
    let after = around();
    let mut wrong = 0;
    for (number, value) in registers.x.into_iter().enumerate() {
        let filled = PATTERN * number as u64;
        let good = match number {
            _ if number == looks => true, // the other loop checks it
            _ if number == counts => value.wrapping_sub(filled) < 1 << 31,
            _ => value == filled,
        };
        wrong |= u64::from(!good) << number;
    }
    let additions = registers.x[counts].wrapping_sub(PATTERN * counts as u64);
    let state = TPIDR_EL0.get();
    // EL1t or EL1h, the flags, and the mask (Arm ARM, SPSR_EL1); `| 1` is what `end_loop` adds.
    let interrupted = nzcv << 28 | before[0] | 0b100 | before[1] | 1;
    let others = [
        registers.sp != registers.before[12],
        registers.nzcv != nzcv << 28,
        before[0] != after[0],
        before[1] != after[1],
        before[2] != after[2],
        !additions.is_multiple_of(4),
        state & 0xf000_03df != interrupted,
        state == 0,
    ];
    others.into_iter().zip(31..).fold(wrong, |wrong, (bad, bit)| wrong | u64::from(bad) << bit)
}

fn both_loops() {
    let wrong =
        wrong(loop_by_x0_and_x1, 0b1010, [0, 1]) | wrong(loop_by_x19_and_x20, 0b0101, [19, 20]);
    WRONG[cores::this_index()].store(wrong, Ordering::Relaxed);
}

fn report() -> ktap::Result {
    for (core, wrong) in WRONG.iter().enumerate().take(cores::count()) {
        let wrong = wrong.swap(u64::MAX, Ordering::Relaxed);
        let seen = (0..31 + OTHERS.len()).filter(|bit| wrong >> bit & 1 != 0);
        let names: Vec<_> = seen
            .map(|bit| match bit.checked_sub(31) {
                None => alloc::format!("x{bit}"),
                Some(other) => OTHERS[other].into(),
            })
            .collect();
        equal(format_args!("registers that core {core} has lost"), names, Vec::new())?;
    }
    Ok(())
}

/// Checks that what a core has in its registers is there again after an interrupt.
pub fn survive() -> ktap::Result {
    jobs::run(&|_| both_loops());
    report()
}

/// Checks the same for a handler that unmasks interrupts.
pub fn survive_in_handler() -> ktap::Result {
    fn handler() {
        interrupt_mask::unmask_interrupts();
        both_loops();
        interrupt_mask::mask_interrupts();
    }
    WRONG.iter().for_each(|wrong| wrong.store(u64::MAX, Ordering::Relaxed));
    jobs::run(&|core| {
        cores::this().timer.call_at(time::now(), handler);
        let deadline = time::after_ms(DEADLINE_MS);
        while WRONG[core].load(Ordering::Relaxed) == u64::MAX && time::now() < deadline {}
    });
    report()
}
