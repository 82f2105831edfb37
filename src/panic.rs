//! The panic handler: one core dies, the run ends.

use crate::{console, cores, exceptions, exit, preempt, println};
use core::sync::atomic::{AtomicBool, Ordering};

static DYING: AtomicBool = AtomicBool::new(false);

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    last_words(|| match info.location() {
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

/// Lets the first core that dies say why and end QEMU; a later one stops in silence.
pub fn last_words(speak: impl FnOnce()) -> ! {
    exceptions::mask_interrupts();
    if exit::exiting() {
        exit::semihosting_off();
        exit::sleep_forever()
    }
    if !DYING.swap(true, Ordering::Relaxed) {
        console::seize();
        speak();
        preempt::last_words();
        println!("# rundown: FAIL");
        exit::exit(exit::Status::Fail);
    }
    exit::sleep_forever()
}
