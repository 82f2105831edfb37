//! Sleeping until something has changed: WFI, ended by an inter-core interrupt.
//!
//! A futex for cores. Who waits says at which address and sleeps; who changes something wakes that
//! address. Neither touches the memory there: after the change it may be gone. What is needed besides,
//! the address that each core sleeps on, stands in that core's own data.
//!
//! Sleeping matters under QEMU: a core that spins takes a host processor from one that works, and WFE
//! and YIELD, the gentler ways on hardware, do nothing there.

use crate::arch::interrupt_mask::without_interrupts;
use crate::arch::time;
use crate::board::gic;
use crate::smp::cores;
use core::sync::atomic::{Ordering, fence};

/// Waits until `ready` is true or the time `deadline` (in ticks) has come, asleep. Returns which.
///
/// Inside an interrupt handler it works too, but sleeps once at most: the interrupt that ends the sleep
/// stays pending. Keep such waits short.
pub fn wait(address: *const (), mut ready: impl FnMut() -> bool, deadline: u64) -> bool {
    let core = cores::this();
    while !ready() {
        if time::now() >= deadline {
            return false;
        }
        core.timer.wake_at(Some(deadline));
        without_interrupts(|| {
            core.parked_on.store(address.addr(), Ordering::Relaxed);
            store_before_load();
            if !ready() {
                // A pending interrupt ends WFI even while masked (Arm ARM, "Wait for Interrupt").
                // So one that comes after the look above is not missed: it is taken at the unmasking.
                cachescope_guest::sleep(); // WFI
            }
            core.parked_on.store(0, Ordering::Relaxed);
        });
    }
    core.timer.wake_at(None);
    true
}

/// Wakes every core that waits at `address`. Never dereferences it.
pub fn wake(address: *const ()) {
    store_before_load();
    for core in cores::all() {
        if core.parked_on.load(Ordering::Relaxed) == address.addr() {
            cachescope_guest::wakes(core.index);
            gic::wake_core(core.target());
        }
    }
}

/// Orders what this core has written before what it reads next: `wait`'s call pairs with `wake`'s.
///
/// A waiter writes where it sleeps, then looks whether it is ready; a waker makes it ready, then looks
/// who sleeps. With a full fence between write and look on both sides, at least one of them sees the
/// other's write, so no wake-up is lost. Nothing weaker orders a store before a later load.
fn store_before_load() {
    fence(Ordering::SeqCst);
}
