//! The random numbers of a seed.

use pct::Random;
use spin::Mutex;

/// Only the core whose turn it is draws, so nobody waits for the lock.
static NUMBERS: Mutex<Random> = Mutex::new(Random::new(0));

/// Starts the numbers of `seed`.
pub fn start(seed: u64) {
    *NUMBERS.lock() = Random::new(seed);
}

/// Returns the next number.
pub fn draw() -> u64 {
    NUMBERS.lock().draw()
}
