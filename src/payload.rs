//! The protected object of the rounds: alive while it is held, poisoned by its owner after the drain.

use core::cell::UnsafeCell;

const WORDS: usize = 4;

/// What the run-down object protects, in place of a device or a file.
#[derive(Debug)]
pub struct Payload(UnsafeCell<[u64; WORDS]>);

// SAFETY: read by holders, written by the owner while there are none; whether that holds is just
// what the rounds test. Accesses are volatile, so a violation is seen, not optimised away.
unsafe impl Sync for Payload {}

const ALIVE: u64 = 0x11fe_11fe_11fe_11fe;
const POISON: u64 = 0xdead_dead_dead_dead;

impl Payload {
    /// Makes a live payload.
    pub const fn new() -> Self {
        Self(UnsafeCell::new([ALIVE; WORDS]))
    }

    /// Does what an owner does once nobody holds the object. Here the memory stays, so that a holder
    /// that should not exist can be seen.
    pub fn poison(&self) {
        self.fill(POISON);
    }

    /// Makes it live again, for another round.
    pub fn revive(&self) {
        self.fill(ALIVE);
    }

    /// Looks at every word of it, as a holder does.
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

impl Default for Payload {
    fn default() -> Self {
        Self::new()
    }
}
