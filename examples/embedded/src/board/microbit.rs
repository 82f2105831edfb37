//! The BBC micro:bit: a Cortex-M0 (Armv6-M), which has neither compare-and-swap nor exclusive accesses.

use core::fmt::{Arguments, Write};
use cortex_m::Peripherals;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::{entry, exception};
use cortex_m_semihosting::{debug, hio};

/// Clock cycles from tick to tick: 0.1 ms at 16 MHz.
const PERIOD: u32 = 1600;

#[entry]
fn start() -> ! {
    crate::main()
}

#[exception]
fn SysTick() {
    crate::handler::tick();
}

/// Has SysTick's interrupt come again and again.
pub fn start_ticks() {
    let mut timer = Peripherals::take().expect("nobody else takes them").SYST;
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(PERIOD - 1);
    timer.clear_current();
    timer.enable_counter();
    timer.enable_interrupt();
}

/// Prints a line by semihosting.
pub fn print(words: Arguments<'_>) {
    // Without anybody who prints nothing can be said, and `exit` comes to nobody either.
    let _ = hio::hstdout().map(|mut out| writeln!(out, "{words}"));
}

/// Ends QEMU: with status 0, or 1 if not `passed`.
pub fn exit(passed: bool) -> ! {
    debug::exit(if passed { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    // A debugger may let it go on.
    loop {
        cortex_m::asm::wfi();
    }
}
