//! Exceptions that nobody expected: a readable dump, then the end.

use crate::arch::syndrome::Syndrome;
use crate::board::console::{print, println};
use crate::smp::cores::{self, Core};
use crate::traps::{interrupts, panic};
use core::arch::global_asm;
use core::mem::offset_of;

/// The registers as `save` in boot/vectors.S stores them.
#[repr(C)]
#[derive(Debug)]
pub struct Frame {
    x: [u64; 31],
    sp_el0: u64,
    elr: u64,
    spsr: u64,
    esr: u64,
    far: u64,
}

/// Bytes of the registers that an interrupt saves, with padding to 16.
const INTERRUPT_FRAME_SIZE: usize = 16 * 12;

const _: () = assert!(size_of::<Frame>() == 16 * 18);
const _: () = assert!(offset_of!(Frame, elr) == 16 * 16);

global_asm!(
    include_str!("../../../boot/vectors.S"),
    fatal_exception = sym fatal_exception,
    interrupt = sym interrupts::interrupt,
    FRAME_SIZE = const size_of::<Frame>(),
    INTERRUPT_FRAME_SIZE = const INTERRUPT_FRAME_SIZE,
    CORE_EXCEPTION_STACK = const offset_of!(Core, stacks.exception.end),
);

/// What each of the 16 vectors means, in the order of the table (Arm ARM, "Exception vectors").
const VECTORS: [&str; 16] = [
    "exception",
    "interrupt",
    "unexpected FIQ",
    "system error",
    "exception inside a handler",
    "interrupt inside a handler",
    "unexpected FIQ inside a handler",
    "system error inside a handler",
    "exception from EL0",
    "interrupt from EL0",
    "FIQ from EL0",
    "system error from EL0",
    "exception from 32-bit EL0",
    "interrupt from 32-bit EL0",
    "FIQ from 32-bit EL0",
    "system error from 32-bit EL0",
];

/// Called by boot/vectors.S on the exception stack.
extern "C" fn fatal_exception(frame: &Frame, vector: usize) -> ! {
    panic::die(|| {
        let core = cores::this_index();
        let syndrome = Syndrome(frame.esr);
        if let Some(which) = cores::guard_page_hit(frame.far).filter(|_| syndrome.is_data_abort()) {
            println!("\n# stack overflow on core {core}: {which} has run into its guard page");
        } else {
            println!();
        }
        println!("# {} on core {core}: {syndrome}", VECTORS[vector % VECTORS.len()]);
        println!("# ESR {:#018x}  FAR {:#018x}", frame.esr, frame.far);
        println!("# ELR {:#018x}  SP  {:#018x}", frame.elr, frame.sp_el0);
        println!("# SPSR {:#010x}", frame.spsr);
        for (row, registers) in frame.x.chunks(3).enumerate() {
            print!("#");
            for (column, value) in registers.iter().enumerate() {
                print!(" x{:<2} {value:016x} ", row * 3 + column);
            }
            println!();
        }
    })
}
