//! Sleeping until something has changed: WFI, ended by an inter-core interrupt.
//!
//! A futex for cores. Who waits says at which address and sleeps; who changes something wakes that
//! address. Neither touches the memory there: after the change it may be gone. What is needed besides
//! stands elsewhere: the address that each core sleeps on in that core's own data, and which cores to look
//! at in a table of bits, so that a wake-up of one among 512 does not look at all.
//!
//! Sleeping matters under QEMU: a core that spins takes a host processor from one that works, and WFE
//! and YIELD, the gentler ways on hardware, do nothing there.

use crate::arch::interrupt_mask::without_interrupts;
use crate::arch::time;
use crate::board::gic;
use crate::smp::cores::{self, Core, MAX_CORES};
use core::sync::atomic::{AtomicU64, Ordering, fence};

/// A bit for each core.
type Cores = [AtomicU64; MAX_CORES / 64];

/// How many sets of waiters there are. Addresses that share one cost a look more.
const SETS: usize = 64;
/// The cores that sleep, by the address they sleep on.
static WAITERS: [Cores; SETS] = [const { [const { AtomicU64::new(0) }; MAX_CORES / 64] }; SETS];

/// Returns the set that holds the cores which sleep at `address`, among others.
fn waiters(address: *const ()) -> &'static Cores {
    // Fibonacci hashing: 2^64 divided by the golden ratio spreads addresses that differ in a few bits.
    let hash = (address.addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    &WAITERS[(hash >> (64 - SETS.ilog2())) as usize]
}

/// Waits until `ready` is true or the time `deadline` (in ticks) has come, asleep. Returns which.
///
/// Inside an interrupt handler it works too, but sleeps once at most: the interrupt that ends the sleep
/// stays pending. Keep such waits short.
pub fn wait(address: *const (), mut ready: impl FnMut() -> bool, deadline: u64) -> bool {
    let core = cores::this();
    let (waiters, bit) = (&waiters(address)[core.index / 64], 1 << (core.index % 64));
    while !ready() {
        if time::now() >= deadline {
            return false;
        }
        without_interrupts(|| {
            // Masked: its interrupt, if that comes at once, is still pending when we come to WFI.
            core.timer.wake_at(Some(deadline));
            core.parked_on.store(address.addr(), Ordering::Relaxed);
            waiters.fetch_or(bit, Ordering::Relaxed);
            store_before_load();
            if !ready() {
                // A pending interrupt ends WFI even while masked (Arm ARM, "Wait for Interrupt").
                // So one that comes after the look above is not missed: it is taken at the unmasking.
                cachescope_guest::sleep(); // WFI
            }
            waiters.fetch_and(!bit, Ordering::Relaxed);
            core.parked_on.store(0, Ordering::Relaxed);
        });
    }
    core.timer.wake_at(None);
    true
}

/// Wakes every core that waits at `address`. Never dereferences it.
pub fn wake(address: *const ()) {
    store_before_load();
    for (word, waiters) in waiters(address).iter().enumerate() {
        let mut waiters = waiters.load(Ordering::Relaxed);
        while waiters != 0 {
            let core = cores::get(64 * word + waiters.trailing_zeros() as usize);
            waiters &= waiters - 1; // takes its lowest bit away
            let sleeps = |core: &&Core| core.parked_on.load(Ordering::Relaxed) == address.addr();
            if let Some(core) = core.filter(sleeps) {
                cachescope_guest::wakes(core.index);
                gic::wake_core(core.target());
            }
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
