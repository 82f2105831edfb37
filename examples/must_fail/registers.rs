//! A fault with a value of its own in every register, and what the report must say of each.

use aarch64_cpu::registers::{Readable, SP_EL0};
use core::arch::global_asm;
use machine::board::console::println;

/// What a register holds times its number: the number in each byte.
const PATTERN: u64 = 0x0101_0101_0101_0101;
/// N and C of the flags, in bits 31 to 28.
const FLAGS: u64 = 0b1010;
/// The register whose value is an address with no memory.
const NOWHERE: u64 = 28;

global_asm!(
    ".global fault_with_known_registers, where_it_faults",
    "fault_with_known_registers:",
    "mov x0, #({FLAGS} << 28)",
    "msr nzcv, x0",
    "ldr x0, =({PATTERN} * 32)",
    "mov sp, x0", // it may be anything: exceptions have a stack of their own
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30",
    "ldr x\\n, =({PATTERN} * \\n)",
    ".endr",
    "where_it_faults:",
    "ldr x1, [x{NOWHERE}]",
    ".ltorg",
    PATTERN = const PATTERN,
    FLAGS = const FLAGS,
    NOWHERE = const NOWHERE,
);

unsafe extern "C" {
    // As above; they end in an exception that is reported.
    safe fn fault_with_known_registers() -> !;
    safe static where_it_faults: u32;
}

/// Prints what a report must hold; scripts/test looks for each a second time.
fn want(sp: u64, mode: u64) {
    for number in 0..31 {
        println!("# wanted: x{number:<2} {:016x}", PATTERN * number);
    }
    println!("# wanted: ELR {:#018x}  SP  {sp:#018x}", (&raw const where_it_faults).addr());
    println!("# wanted: FAR {:#018x}", PATTERN * NOWHERE);
    // D and F are masked, A is not, and I is in handlers (Arm ARM, SPSR_EL1).
    println!("# wanted: SPSR {:#010x}", FLAGS << 28 | mode);
    // A read of 64 bits that no table translates.
    println!("# wanted: data abort on read, ");
}

/// Faults in normal code: at EL1t, with interrupts unmasked.
pub fn fault() {
    want(PATTERN * 32, 0x244);
    fault_with_known_registers();
}

/// Faults in a handler: at EL1h. SP is that of the code that was interrupted.
pub fn fault_in_handler() {
    want(SP_EL0.get(), 0x3c5);
    fault_with_known_registers();
}
