//! The machine: a timer that ticks, a way to print, and an end with an exit status.

#[cfg_attr(target_arch = "arm", path = "board/microbit.rs")]
#[cfg_attr(target_arch = "riscv32", path = "board/virt.rs")]
mod machine;

pub use machine::{print, start_ticks};

use core::panic::PanicInfo;

/// Prints a line.
macro_rules! line {
    ($($words:tt)*) => { $crate::board::print(format_args!($($words)*)) };
}
pub(crate) use line;

/// Ends the program: with `rundown: PASS` and exit status 0, or with `rundown: FAIL` and another.
pub fn end(passed: bool) -> ! {
    line!("# rundown: {}", if passed { "PASS" } else { "FAIL" });
    machine::exit(passed)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    line!("# {info}");
    end(false)
}
