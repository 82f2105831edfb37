//! Sleeping until something has changed: WFI, ended by an inter-core interrupt.
//!
//! A futex for cores. Who waits says at which address and sleeps; who changes something wakes that
//! address. Neither touches the memory there: after the change it may be gone. What is needed besides,
//! the address that each core sleeps on, stands in that core's own data.
//!
//! Sleeping matters under QEMU: a core that spins takes a host processor from one that works, and WFE
//! and YIELD, the gentler ways on hardware, do nothing there.

use crate::{cores, exceptions, gic, scope, time, timer};
use core::sync::atomic::{Ordering, fence};
use rundown::Park;

/// Sleeps until `ready` is true or the time `deadline` (in ticks) has come. Returns which.
///
/// Inside an interrupt handler it works too, but sleeps once at most: the interrupt that ends the sleep
/// stays pending. Keep such waits short.
pub fn wait(address: *const (), mut ready: impl FnMut() -> bool, deadline: u64) -> bool {
    let core = cores::this();
    while !ready() {
        if time::now() >= deadline {
            return false;
        }
        timer::wake_at(Some(deadline));
        exceptions::without_interrupts(|| {
            core.parked_on.store(address.addr(), Ordering::Relaxed);
            announce();
            if !ready() {
                // A pending interrupt ends WFI even while masked (Arm ARM, "Wait for Interrupt"), so one that comes
                // after the look above is not missed; it is taken at the unmasking.
                scope::sleep(); // WFI
            }
            core.parked_on.store(0, Ordering::Relaxed);
        });
    }
    timer::wake_at(None);
    true
}

/// Wakes every core that waits at `address`. Never dereferences it.
pub fn wake(address: *const ()) {
    announce();
    for core in cores::all() {
        if core.parked_on.load(Ordering::Relaxed) == address.addr() {
            scope::wakes(core.index);
            gic::wake_core(core);
        }
    }
}

/// Orders what this core has written before what it reads next, against the other side's same call.
///
/// A waiter writes where it sleeps, then looks whether it is ready; a waker makes it ready, then looks
/// who sleeps. With a full fence between write and look on both sides, at least one of them sees the
/// other's write, so no wake-up is lost. Nothing weaker orders a store before a later load.
fn announce() {
    fence(Ordering::SeqCst);
}

/// Waiting for a run-down in [`wait`].
#[derive(Clone, Copy, Debug)]
pub struct Sleep;

/// Without a deadline of its own a wait gets this one: nothing in this kernel waits for ever.
const LONGEST_MS: u64 = 30_000;

impl Park for Sleep {
    /// Ticks of [`time::now`].
    type Deadline = u64;

    fn park_until(
        address: *const (),
        ready: &mut dyn FnMut() -> bool,
        deadline: Option<u64>,
    ) -> bool {
        let done =
            wait(address, &mut *ready, deadline.unwrap_or_else(|| time::after_ms(LONGEST_MS)));
        if !done && deadline.is_none() {
            panic!(
                "core {} waited {LONGEST_MS} ms for the run-down at {address:p}",
                cores::this_index()
            );
        }
        done
    }

    fn unpark_all(address: *const ()) {
        wake(address);
    }
}
