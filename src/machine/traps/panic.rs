//! The panic handler: one core dies, the run ends.

use crate::arch::interrupt_mask;
use crate::board::console::{self, println};
use crate::board::exit::{self, Status};
use crate::smp::cores;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};
use spin::Once;

static DYING: AtomicBool = AtomicBool::new(false);
static HOOK: Once<fn()> = Once::new();

/// Sets the panic hook: what the image wants to print when a core dies. It must not panic.
///
/// Called after the reason has been printed and before QEMU ends. There is one hook, the first.
pub fn set_hook(hook: fn()) {
    HOOK.call_once(|| hook);
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    die(|| match info.location() {
        Some(at) => println!(
            "\n# panic on core {}: {}\n# at {}:{}",
            cores::this_index(),
            info.message(),
            at.file(),
            at.line()
        ),
        None => println!("\n# panic on core {}: {}", cores::this_index(), info.message()),
    })
}

/// Lets the first core that dies report why and end QEMU; any other core stops in silence.
pub fn die(report: impl FnOnce()) -> ! {
    interrupt_mask::mask_interrupts();
    console::seize();
    // From here on this is the only core that prints. It comes a second time when the report itself fails.
    if DYING.swap(true, Ordering::Relaxed) {
        println!("\n# core {} has failed while it reported", cores::this_index());
    } else {
        report();
        if let Some(hook) = HOOK.get() {
            hook();
        }
    }
    exit::verdict(Status::Fail)
}
