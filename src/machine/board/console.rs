//! The console: a PL011 found in the device tree, before that semihosting.
//!
//! Only core 0 prints results. Another core prints only when it dies, see [`seize`].

use crate::arch::semihosting;
use arm_pl011_uart::{PL011Registers, Uart, UniqueMmioPointer};
use core::fmt::{self, Write};
use core::ops::Range;
use core::ptr::NonNull;
use spin::Mutex;

static UART: Mutex<Option<Uart<'static>>> = Mutex::new(None);

/// Looks at a full transmit FIFO before a byte is dropped: no UART may hang the kernel. At 115,200
/// baud a byte takes 87 us, far less than this many looks.
const MOST_LOOKS: u32 = 1_000_000;

/// Starts to print on the UART whose registers lie in `registers`.
///
/// Line settings stay as the firmware, here QEMU, left them (Arm DDI 0183, UARTLCR_H and UARTCR).
pub fn start(registers: Range<usize>) {
    let registers = NonNull::new(registers.start as *mut PL011Registers)
        .unwrap_or_else(|| panic!("the device tree puts the UART at address 0"));
    // SAFETY: the device tree says that a PL011 is there; the early table maps it as device memory,
    // and so does the final one. This is the only place that makes a pointer to it.
    let uart = Uart::new(unsafe { UniqueMmioPointer::new(registers) });
    *UART.lock() = Some(uart);
}

/// Prints formatted text; what [`print!`](crate::print) and [`println!`](crate::println) call.
pub fn write(arguments: fmt::Arguments) {
    let mut uart = UART.lock();
    let _ = Console(uart.as_mut()).write_fmt(arguments); // writing never fails
}

/// Takes the console away from whoever holds it, for the report of a dying core.
pub fn seize() {
    for _ in 0..MOST_LOOKS {
        if UART.try_lock().is_some() {
            return;
        }
    }
    // SAFETY: the holder had time to finish. Either it is this core, which will not come back to it, or
    // it hangs. Two writers at once could at worst mix two lines.
    unsafe { UART.force_unlock() };
}

/// Waits until everything printed has left the UART, or for a while.
pub fn flush() {
    let Some(uart) = UART.try_lock() else { return };
    let Some(uart) = uart.as_ref() else { return };
    let _ = (0..MOST_LOOKS).any(|_| !uart.is_busy());
}

struct Console<'a>(Option<&'a mut Uart<'static>>);

impl Write for Console<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let Some(uart) = self.0.as_deref_mut() else {
            semihosting::print(text);
            return Ok(());
        };
        for byte in text.bytes() {
            if (0..MOST_LOOKS).any(|_| !uart.is_tx_fifo_full()) {
                uart.write_word(byte);
            }
        }
        Ok(())
    }
}

/// Prints to the console.
#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => { $crate::board::console::write(format_args!($($argument)*)) };
}

/// Prints a line to the console.
#[macro_export]
macro_rules! println {
    () => { $crate::print!("\n") };
    ($($argument:tt)*) => {
        $crate::board::console::write(format_args!("{}\n", format_args!($($argument)*)))
    };
}

pub use {print, println};
