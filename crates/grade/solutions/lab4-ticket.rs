//! A solution of lab 4: a plain count behind a ticket lock, all in one line.

use crate::harness::Counter;
use core::sync::atomic::{AtomicUsize, Ordering};

/// What it is called.
pub const NAME: &str = "ticket lock";
/// How many lines travel when 2, 4 and 8 cores take turns and do 100 pairs each: 4 (n - 1) a pair. Whose
/// turn it is writes the line twice, and after each write those who wait fetch it to look.
pub const PREDICTED: [u64; 3] = [800, 4800, 22400];

/// The counter that is counted.
pub static COUNTER: Ticket =
    Ticket { next: AtomicUsize::new(0), called: AtomicUsize::new(0), users: AtomicUsize::new(0) };

/// A lock that is given in the order in which it was asked for, and the count behind it.
#[repr(C, align(64))]
pub struct Ticket {
    /// The number that is drawn next.
    next: AtomicUsize,
    /// The number whose turn it is.
    called: AtomicUsize,
    /// Only changed by whose turn it is, so no atomic addition is needed.
    users: AtomicUsize,
}

impl Ticket {
    fn add(&self, amount: usize) {
        // Relaxed: the number orders nothing, the call does.
        let mine = self.next.fetch_add(1, Ordering::Relaxed);
        // Acquire, pairs with the store below: what the one before us has counted is there.
        while self.called.load(Ordering::Acquire) != mine {
            core::hint::spin_loop();
        }
        let users = self.users.load(Ordering::Relaxed).wrapping_add(amount);
        self.users.store(users, Ordering::Relaxed);
        self.called.store(mine.wrapping_add(1), Ordering::Release);
    }
}

impl Counter for Ticket {
    fn acquire(&self, _core: usize) {
        self.add(1);
    }

    fn release(&self, _core: usize) {
        self.add(1_usize.wrapping_neg());
    }

    fn users(&self) -> usize {
        self.users.load(Ordering::Relaxed)
    }
}
