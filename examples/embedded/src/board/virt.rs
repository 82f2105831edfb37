//! QEMU's `virt` machine with one RISC-V hart, built without the A extension: no atomic instructions.

use core::fmt::{self, Arguments, Write};
use riscv::interrupt::Interrupt;
use riscv_rt::{core_interrupt, entry};

/// The registers used here (hw/riscv/virt.c of QEMU): the UART's, ...
const UART: *mut u8 = 0x1000_0000 as *mut u8;
/// ... what ends QEMU, ...
const TEST: *mut u32 = 0x10_0000 as *mut u32;
/// ... and the timer's, in two halves: when the interrupt comes, and what time it is.
const COMPARE: *mut u32 = 0x200_4000 as *mut u32;
const TIME: *mut u32 = 0x200_bff8 as *mut u32;
/// What the device that ends QEMU understands (hw/misc/sifive_test.c): the status stands in the upper half.
const PASSED: u32 = 0x5555;
const FAILED: u32 = 0x3333 | 1 << 16;
/// Ticks of the timer's clock between two interrupts: 0.1 ms at 10 MHz.
const PERIOD: u64 = 1000;

#[entry]
fn start() -> ! {
    crate::main()
}

#[core_interrupt(Interrupt::MachineTimer)]
fn timer() {
    set_next();
    crate::handler::tick();
}

/// Has the timer's interrupt come again and again.
pub fn start_ticks() {
    set_next();
    // SAFETY: the handler is there, and no critical section is left by this.
    unsafe {
        riscv::interrupt::enable_interrupt(Interrupt::MachineTimer);
        riscv::interrupt::enable();
    }
}

fn set_next() {
    // SAFETY: the timer's registers. The upper half is read again: the lower one may have overflowed.
    let next = unsafe {
        loop {
            let (high, low) = (TIME.add(1).read_volatile(), TIME.read_volatile());
            if TIME.add(1).read_volatile() == high {
                break (u64::from(high) << 32 | u64::from(low)) + PERIOD;
            }
        }
    };
    // SAFETY: as above. First to a time that never comes: no interrupt for half a number (The RISC-V
    // Instruction Set Manual II, "Machine Timer Registers").
    unsafe {
        COMPARE.add(1).write_volatile(u32::MAX);
        COMPARE.write_volatile(next as u32);
        COMPARE.add(1).write_volatile((next >> 32) as u32);
    }
}

struct Uart;

impl Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: the register that transmits; QEMU's takes a byte at any time.
            unsafe { UART.write_volatile(byte) };
        }
        Ok(())
    }
}

/// Prints a line on the UART.
pub fn print(words: Arguments<'_>) {
    let _ = writeln!(Uart, "{words}"); // never an error
}

/// Ends QEMU: with status 0, or 1 if not `passed`.
pub fn exit(passed: bool) -> ! {
    // SAFETY: the register of the device for this purpose.
    unsafe { TEST.write_volatile(if passed { PASSED } else { FAILED }) };
    loop {
        riscv::asm::wfi();
    }
}
