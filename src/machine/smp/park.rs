//! Sleeping until something has changed: WFI, ended by an inter-core interrupt.
//!
//! A futex for cores, whose algorithm stands in `crates/parking`, where loom explores it. Here is what it
//! takes of the hardware.
//!
//! Sleeping matters under QEMU: a core that spins takes a host processor from one that works, and WFE
//! and YIELD, the gentler ways on hardware, do nothing there.

use crate::arch::interrupt_mask::without_interrupts;
use crate::arch::time;
use crate::board::gic;
use crate::smp::cores::{self, Core, MAX_CORES};
use core::sync::atomic::AtomicUsize;
use parking::Sleepers;

/// The cores that sleep.
static SLEEPERS: Sleepers<64, { MAX_CORES.div_ceil(64) }> = Sleepers::new();

impl parking::Core for Core {
    fn find(index: usize) -> Option<&'static Self> {
        cores::get(index)
    }

    fn index(&self) -> usize {
        self.index
    }

    fn parked_on(&self) -> &AtomicUsize {
        &self.parked_on
    }

    fn now(&self) -> u64 {
        time::now()
    }

    fn alarm(&self, at: Option<u64>) {
        self.timer.wake_at(at);
    }

    fn masked(&self, body: impl FnOnce()) {
        without_interrupts(body);
    }

    fn sleep(&self) {
        // A pending interrupt ends WFI even while masked (Arm ARM, "Wait for Interrupt").
        cachescope_guest::sleep();
    }

    fn interrupt(&self) {
        cachescope_guest::wakes(self.index);
        gic::wake_core(self.target());
    }
}

/// Waits until `ready` is true or the time `deadline` (in ticks) has come, asleep. Returns which.
///
/// Inside an interrupt handler it works too, but sleeps once at most: the interrupt that ends the sleep
/// stays pending. Keep such waits short.
pub fn wait(address: *const (), mut ready: impl FnMut() -> bool, deadline: u64) -> bool {
    wait_until(address, &mut ready, deadline)
}

/// One function for all that is waited for: a wait can be found in the image, and takes room there once.
fn wait_until(address: *const (), ready: &mut dyn FnMut() -> bool, deadline: u64) -> bool {
    SLEEPERS.wait(cores::this(), address, ready, deadline)
}

/// Wakes every core that waits at `address`. Never dereferences it.
pub fn wake(address: *const ()) {
    SLEEPERS.wake::<Core>(address);
}
