//! The report in KTAP version 1, and the end of QEMU with an exit status.

use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};
use qemu_exit::QEMUExit;
use riscv::register::{scause, sepc, stval};

/// The test device of QEMU's `virt`, which ends it (hw/riscv/virt.c, VIRT_TEST).
const TEST_DEVICE: u64 = 0x10_0000;

/// What was seen instead of what was wanted.
#[derive(Debug)]
pub struct Wrong {
    /// Of what.
    pub what: &'static str,
    /// What was seen.
    pub seen: usize,
    /// What was wanted.
    pub wanted: usize,
}

/// Returns an error unless both are equal.
pub fn equal(what: &'static str, seen: usize, wanted: usize) -> Result<(), Wrong> {
    if seen == wanted { Ok(()) } else { Err(Wrong { what, seen, wanted }) }
}

/// The console of the firmware.
pub struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // Deprecated for one that old firmware lacks: the OpenSBI of QEMU 7.2 has this one only.
            #[allow(deprecated)]
            sbi_rt::legacy::console_putchar(byte.into());
        }
        Ok(())
    }
}

/// Prints a line.
macro_rules! println {
    ($($text:tt)*) => {{
        use core::fmt::Write;
        let _ = writeln!($crate::report::Console, $($text)*);
    }};
}
pub(crate) use println;

/// Prints the last line and ends QEMU: with status 0, or with 1 if not all is well. If another hart is at it,
/// stops this one.
pub fn end(well: bool) -> ! {
    static ENDS: AtomicBool = AtomicBool::new(false);
    if !ENDS.swap(true, Ordering::Relaxed) {
        println!("# rundown: {}", if well { "PASS" } else { "FAIL" });
        // SAFETY: that device is there on every `virt` machine of QEMU.
        let qemu = unsafe { qemu_exit::RISCV64::new(TEST_DEVICE) };
        if well { qemu.exit_success() } else { qemu.exit_failure() }
    }
    loop {
        riscv::asm::wfi();
    }
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("\n# panic on hart {}: {}", crate::slot::index(), info.message());
    if let Some(at) = info.location() {
        println!("# at {}:{}", at.file(), at.line());
    }
    end(false)
}

#[unsafe(export_name = "ExceptionHandler")]
fn exception(_: &riscv_rt::TrapFrame) -> ! {
    let (cause, at, value) = (scause::read().code(), sepc::read(), stval::read());
    panic!("exception {cause} at {at:#x}, value {value:#x}")
}
