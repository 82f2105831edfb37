//! The console: a PL011 found in the device tree, before that semihosting.
//!
//! Only core 0 prints results. Another core prints only when it dies, and for that it takes the console
//! away from all others, see [`seize`].

use crate::arch::{cpu, semihosting};
use arm_pl011_uart::{PL011Registers, Uart, UniqueMmioPointer};
use core::fmt::{self, Write};
use core::ops::Range;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use spin::{Mutex, MutexGuard};

static UART: Mutex<Option<Uart<'static>>> = Mutex::new(None);
/// 0, or 1 + the affinity of the core that ends the run: nobody else prints any more.
static OWNER: AtomicU64 = AtomicU64::new(0);

/// Where `virt` has its first UART (QEMU, hw/arm/virt.c, base_memmap), for what must be said before the
/// device tree has been read, and without semihosting.
pub const VIRT_UART: usize = 0x0900_0000;

/// Looks at a full transmit FIFO before a byte is dropped: no UART may hang the kernel. At 115,200
/// baud a byte takes 87 us, far less than this many looks.
pub const MOST_LOOKS: u32 = 1_000_000;

/// Starts to print on the UART whose registers lie in `registers`.
///
/// Line settings stay as the firmware, here QEMU, left them (Arm DDI 0183, UARTLCR_H and UARTCR).
pub fn start(registers: Range<usize>) {
    let registers = NonNull::new(registers.start as *mut PL011Registers)
        .unwrap_or_else(|| panic!("the device tree puts the UART at address 0"));
    // SAFETY: the device tree says that a PL011 is there, or `virt` has it there by design; it is mapped as
    // device memory. This is the only place that makes a pointer to it.
    let uart = Uart::new(unsafe { UniqueMmioPointer::new(registers) });
    *UART.lock() = Some(uart);
}

/// Prints formatted text; what [`print!`](crate::print) and [`println!`](crate::println) call.
pub fn write(arguments: fmt::Arguments) {
    let mut uart = lock();
    if uart.is_none() && !semihosting::answers() {
        drop(uart);
        start(VIRT_UART..VIRT_UART + size_of::<PL011Registers>());
        uart = lock();
    }
    let _ = Console(uart.as_mut()).write_fmt(arguments); // fails if the console is taken away
    drop(uart);
    stop_unless_mine();
}

/// Waits for the console, or for ever if another core has taken it for good.
fn lock() -> MutexGuard<'static, Option<Uart<'static>>> {
    loop {
        stop_unless_mine();
        if let Some(uart) = UART.try_lock() {
            return uart;
        }
        cpu::give_way();
    }
}

/// Returns what [`OWNER`] is when the console is the calling core's.
fn this_core() -> u64 {
    cpu::affinity() + 1
}

/// Returns whether another core has taken the console for good.
fn is_taken() -> bool {
    let owner = OWNER.load(Ordering::Relaxed);
    owner != 0 && owner != this_core()
}

fn stop_unless_mine() {
    if is_taken() {
        cpu::sleep_forever();
    }
}

/// Takes the console for good, or stops this core if another was first.
///
/// One atomic exchange decides. After it no other core prints a verdict or ends QEMU any more; one that is
/// printing stops at its next byte.
pub fn seize() {
    // Relaxed: it orders nothing but who is first.
    let _ = OWNER.compare_exchange(0, this_core(), Ordering::Relaxed, Ordering::Relaxed);
    stop_unless_mine();
    if (0..MOST_LOOKS).any(|_| UART.try_lock().is_some()) {
        return;
    }
    // SAFETY: its holder had time to stop. Either it is this core, which will not come back to it, or it
    // hangs. Two writers at once could at worst mix in one byte.
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
            if is_taken() {
                return Err(fmt::Error);
            }
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
