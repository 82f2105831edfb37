//! A futex for cores: who sleeps at which address, and who is woken.
//!
//! Who waits says at which address and sleeps; who changes something wakes that address. Neither touches
//! the memory there: after the change it may be gone. What is needed besides stands elsewhere: the address
//! that each core sleeps on in that core's own data, and which cores to look at in a table of bits, so that
//! a wake-up of one among 512 does not look at all.
//!
//! How a core sleeps and is interrupted is its own ([`Core`]): the kernel's do so by WFI and an inter-core
//! interrupt (`src/machine/smp/park.rs`), the tests' in a model of both, on loom's atomics.

#![cfg_attr(not(rundown_loom), no_std)]

#[cfg(rundown_loom)]
use core::array;
#[cfg(not(rundown_loom))]
use core::sync::atomic::fence;
#[cfg(not(rundown_loom))]
pub use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
#[cfg(rundown_loom)]
use loom::sync::atomic::fence;
#[cfg(rundown_loom)]
pub use loom::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A core: how it sleeps, and how another one ends that.
pub trait Core: 'static {
    /// Returns the core with this index, if there is one by now.
    fn find(index: usize) -> Option<&'static Self>;

    /// Returns its index.
    fn index(&self) -> usize;

    /// Returns where it says which address it sleeps on; 0: on none.
    fn parked_on(&self) -> &AtomicUsize;

    /// Returns the time, in ticks.
    fn now(&self) -> u64;

    /// Has an interrupt come to this core, the caller's, at a time. `None` takes that back.
    fn alarm(&self, at: Option<u64>);

    /// Runs `body` on this core, the caller's, with interrupts held back: one that comes meanwhile is taken
    /// behind it.
    fn masked(&self, body: impl FnOnce());

    /// Sleeps on this core, the caller's, until an interrupt is pending: not at all if one is already.
    fn sleep(&self);

    /// Sends an interrupt to this core. What the caller did before is visible there when it comes.
    fn interrupt(&self);
}

/// The cores that sleep, in sets by the address they sleep on: `WORDS` times 64 bits, one for each core.
/// Addresses that share one of the `SETS` cost a look more.
#[derive(Debug)]
pub struct Sleepers<const SETS: usize, const WORDS: usize>([[AtomicU64; WORDS]; SETS]);

impl<const SETS: usize, const WORDS: usize> Sleepers<SETS, WORDS> {
    /// Makes the sets, in which nobody sleeps.
    #[cfg(not(rundown_loom))]
    pub const fn new() -> Self {
        Self([const { [const { AtomicU64::new(0) }; WORDS] }; SETS])
    }

    /// Makes the sets, in which nobody sleeps.
    #[cfg(rundown_loom)]
    pub fn new() -> Self {
        Self(array::from_fn(|_| array::from_fn(|_| AtomicU64::new(0))))
    }

    /// Returns the set that holds the cores which sleep at `address`, among others.
    fn at(&self, address: *const ()) -> &[AtomicU64; WORDS] {
        const { assert!(SETS.is_power_of_two() && SETS > 1) };
        // Fibonacci hashing: 2^64 divided by the golden ratio spreads addresses that differ in a few bits.
        let hash = (address.addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        &self.0[(hash >> (u64::BITS - SETS.ilog2())) as usize]
    }

    /// Waits on `core`, the caller's, until `ready` is true or the time `deadline` has come, asleep. Returns
    /// which.
    ///
    /// Inside an interrupt handler it works too, but sleeps once at most: the interrupt that ends the sleep
    /// stays pending. Keep such waits short.
    pub fn wait<C: Core>(
        &self,
        core: &C,
        address: *const (),
        ready: &mut dyn FnMut() -> bool,
        deadline: u64,
    ) -> bool {
        let (set, bit) = (&self.at(address)[core.index() / 64], 1 << (core.index() % 64));
        while !ready() {
            if core.now() >= deadline {
                return false;
            }
            core.masked(|| {
                core.alarm(Some(deadline)); // in here: a handler that waits, too, takes its own back
                core.parked_on().store(address.addr(), Ordering::Relaxed);
                set.fetch_or(bit, Ordering::Relaxed);
                store_before_load();
                if !ready() {
                    // An interrupt that comes after the look is pending, and ends the sleep.
                    core.sleep();
                }
                set.fetch_and(!bit, Ordering::Relaxed);
                core.parked_on().store(0, Ordering::Relaxed);
            });
        }
        core.alarm(None);
        true
    }

    /// Wakes every core that waits at `address`. Never dereferences it.
    pub fn wake<C: Core>(&self, address: *const ()) {
        store_before_load();
        for (word, set) in self.at(address).iter().enumerate() {
            let mut set = set.load(Ordering::Relaxed);
            while set != 0 {
                let core = C::find(64 * word + set.trailing_zeros() as usize);
                set &= set - 1; // takes its lowest bit away
                let sleeps = |core: &&C| core.parked_on().load(Ordering::Relaxed) == address.addr();
                if let Some(core) = core.filter(sleeps) {
                    core.interrupt();
                }
            }
        }
    }
}

impl<const SETS: usize, const WORDS: usize> Default for Sleepers<SETS, WORDS> {
    fn default() -> Self {
        Self::new()
    }
}

/// Orders what this core has written before what it reads next: `wait`'s call pairs with `wake`'s.
///
/// A waiter writes where it sleeps, then looks whether it is ready; a waker makes it ready, then looks
/// who sleeps. With a full fence between write and look on both sides, at least one of them sees the
/// other's write, so no wake-up is lost. Nothing weaker orders a store before a later load.
#[inline(always)]
fn store_before_load() {
    fence(Ordering::SeqCst);
}
