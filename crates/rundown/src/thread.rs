//! A slot for each thread, for programs with `std`.

use crate::cache_aware::CurrentSlot;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::cell::Cell;

/// Gives every thread a slot of its own, as long as there are as many slots as threads.
///
/// Threads are numbered from 0 in the order of their first use; numbers are not used again. A thread
/// keeps its slot when the system moves it to another core, which costs nothing: the slot's line
/// moves along once. With fewer slots than threads some threads share, which costs time only.
///
/// ```
/// use rundown::{Rundown, StaticRundownRef, ThreadSlot};
/// use std::thread;
///
/// static DEVICE: StaticRundownRef<ThreadSlot, 8> = StaticRundownRef::new();
///
/// let workers: Vec<_> = (0..4).map(|_| thread::spawn(|| DEVICE.try_acquire().is_ok())).collect();
/// DEVICE.wait(); // whoever comes later is refused
/// # workers.into_iter().for_each(|worker| _ = worker.join().unwrap());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ThreadSlot;

/// A number that no thread gets, for "not asked yet".
const NONE: usize = usize::MAX;

std::thread_local! {
    // Constant and without a destructor: reading it is one load, at any time of a thread's life.
    static NUMBER: Cell<usize> = const { Cell::new(NONE) };
}

impl CurrentSlot for ThreadSlot {
    #[inline]
    fn current_slot() -> usize {
        match NUMBER.get() {
            NONE => first_use(),
            number => number,
        }
    }
}

/// Written out where it is needed: a call would have to save registers, also where it is not made.
#[inline(always)]
fn first_use() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    // Relaxed: the numbers only have to differ.
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    NUMBER.set(number);
    number
}
