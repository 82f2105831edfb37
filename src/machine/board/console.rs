//! The console: a PL011, the one of the device tree as soon as that has been read.
//!
//! Only core 0 prints results. Another core prints only when it dies, and for that it takes the console
//! away from all others, see [`seize`].

use crate::arch::cpu;
use arm_pl011_uart::{PL011Registers, Uart, UniqueMmioPointer};
use core::fmt::{self, Write};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use spin::{Mutex, MutexGuard};

static UART: Mutex<Option<Uart<'static>>> = Mutex::new(None);
/// 0, or 1 + the affinity of the core that ends the run: nobody else prints any more.
static OWNER: AtomicU64 = AtomicU64::new(0);

/// Where `virt` has its first UART (QEMU, hw/arm/virt.c, base_memmap), for what must be said before the
/// device tree has been read.
pub const VIRT_UART: usize = 0x0900_0000;

/// Looks at a full transmit FIFO before a byte is dropped: no UART may hang the kernel. At 115,200
/// baud a byte takes 87 us, far less than this many looks.
pub const MOST_LOOKS: u32 = 1_000_000;

/// Starts to print on the UART whose registers begin at `address`.
pub fn start(address: usize) {
    let uart = at(address);
    *UART.lock() = Some(uart);
}

/// Line settings stay as the firmware, here QEMU, left them (Arm DDI 0183, UARTLCR_H and UARTCR).
fn at(address: usize) -> Uart<'static> {
    let registers = NonNull::new(address as *mut PL011Registers)
        .unwrap_or_else(|| panic!("the device tree puts the UART at address 0"));
    // SAFETY: the device tree says that a PL011 is there, or `virt` has it there by design; it is mapped as
    // device memory. This is the only place that makes a pointer to it, and only the last is used.
    Uart::new(unsafe { UniqueMmioPointer::new(registers) })
}

/// Prints formatted text; what [`print!`](crate::print) and [`println!`](crate::println) call.
pub fn write(arguments: fmt::Arguments) {
    let mut uart = lock();
    let console = uart.get_or_insert_with(|| at(VIRT_UART));
    let _ = Console(console).write_fmt(arguments); // fails if the console is taken away
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

struct Console<'a>(&'a mut Uart<'static>);

impl Write for Console<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if is_taken() {
                return Err(fmt::Error);
            }
            if (0..MOST_LOOKS).any(|_| !self.0.is_tx_fifo_full()) {
                self.0.write_word(byte);
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
