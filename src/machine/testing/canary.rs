//! A canary: alive while somebody holds it, poisoned by its owner after the drain.

use core::cell::UnsafeCell;

const WORDS: usize = 4;

/// What a run-down object protects in a test, in place of a device or a file.
#[derive(Debug)]
pub struct Canary(UnsafeCell<[u64; WORDS]>);

// SAFETY: read by holders, written by the owner while there are none; whether that holds is just
// what the tests find out. Accesses are volatile, so a violation is seen, not optimised away.
unsafe impl Sync for Canary {}

const ALIVE: u64 = 0x11fe_11fe_11fe_11fe;
const POISON: u64 = 0xdead_dead_dead_dead;

impl Canary {
    /// Makes a live canary.
    pub const fn new() -> Self {
        Self(UnsafeCell::new([ALIVE; WORDS]))
    }

    /// Poisons it: what an owner does once nobody holds the object. The memory stays, so that a holder
    /// that should not exist can be seen.
    pub fn poison(&self) {
        self.fill(POISON);
    }

    /// Makes it live again, for another round.
    pub fn revive(&self) {
        self.fill(ALIVE);
    }

    /// Looks at every word, as a holder does. Returns whether it is alive.
    pub fn is_alive(&self) -> bool {
        // SAFETY: inside the array; for the race see `Sync` above.
        (0..WORDS)
            .all(|word| unsafe { self.0.get().cast::<u64>().add(word).read_volatile() == ALIVE })
    }

    fn fill(&self, value: u64) {
        for word in 0..WORDS {
            // SAFETY: inside the array; for the race see `Sync` above.
            unsafe { self.0.get().cast::<u64>().add(word).write_volatile(value) };
        }
    }
}

impl Default for Canary {
    fn default() -> Self {
        Self::new()
    }
}
