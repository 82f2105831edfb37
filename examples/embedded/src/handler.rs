//! What the handler of the timer's interrupt does with the objects.

use crate::board::{end, line};
use crate::{PLAIN, SLOTTED};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use rundown::Rundown;

/// Ticks that a transfer takes.
const TRANSFER: u32 = 3;
/// The tick by which all must be over: two seconds.
const DEADLINE: u32 = 20_000;

static TICKS: AtomicU32 = AtomicU32::new(0);
/// The use of each object.
pub static PLAIN_USE: Use = Use::new();
pub static SLOTTED_USE: Use = Use::new();

/// What the handler has done with an object. One of two writes a word, the handler or `main`, and there is one core:
/// loads and stores are enough, and relaxed ones are in the order of the program.
pub struct Use {
    granted: AtomicU32,
    refused: AtomicU32,
    /// Main wants transfers to be started.
    wanted: AtomicBool,
    /// Ticks until the transfer under way ends; 0: none is.
    left: AtomicU32,
}

impl Use {
    const fn new() -> Self {
        Self {
            granted: AtomicU32::new(0),
            refused: AtomicU32::new(0),
            wanted: AtomicBool::new(false),
            left: AtomicU32::new(0),
        }
    }

    /// Returns how many acquires were granted.
    pub fn granted(&self) -> u32 {
        self.granted.load(Relaxed)
    }

    /// Returns how many acquires were refused.
    pub fn refused(&self) -> u32 {
        self.refused.load(Relaxed)
    }

    /// Has the handler start a transfer, which keeps its hold, whenever none is under way; or no more.
    pub fn want_transfer(&self, wanted: bool) {
        self.wanted.store(wanted, Relaxed);
    }

    /// Returns whether a transfer is under way.
    pub fn is_transferring(&self) -> bool {
        self.left.load(Relaxed) != 0
    }

    fn tick(&self, object: &impl Rundown) {
        let left = self.left.load(Relaxed);
        if left > 0 {
            self.left.store(left - 1, Relaxed);
        }
        if left == 1 {
            // SAFETY: the hold that the transfer's beginning leaked.
            unsafe { object.release_n(1) };
        }
        match object.try_acquire() {
            Err(_) => add_one(&self.refused),
            Ok(guard) => {
                add_one(&self.granted);
                if self.wanted.load(Relaxed) && !self.is_transferring() {
                    self.left.store(TRANSFER, Relaxed);
                    let _one_hold = guard.leak();
                }
            }
        }
    }
}

fn add_one(word: &AtomicU32) {
    word.store(word.load(Relaxed) + 1, Relaxed);
}

/// Uses each object once; called by the timer's interrupt.
pub fn tick() {
    add_one(&TICKS);
    if TICKS.load(Relaxed) > DEADLINE {
        line!("# {DEADLINE} ticks are over, and main still waits");
        end(false);
    }
    PLAIN_USE.tick(&PLAIN);
    SLOTTED_USE.tick(&SLOTTED);
}
