//! Sections as loom sees them: neither rseq nor membarrier exist in its world.
//!
//! A section is what a lock of its processor surrounds. Two sections of one processor then exclude each
//! other, as the kernel sees to by starting the interrupted one again. The mark is looked at some time
//! before the addition, and nothing but the restart orders the two for other processors.
//!
//! The restart takes each lock in turn. A section comes either before that, and its addition is
//! visible; or after it, and it sees the mark. In between, the kernel would have it start again and here it ends
//! first; the outcomes are the same, for what starts again does so on a slot, which other models do.

use crate::cache_line::CACHE_LINE;
use crate::outcome::Added;
use crate::sync::{AtomicUsize, Mutex, Ordering};
use crate::unlocked::Unlocked;
use core::cell::Cell;

/// How many processors have counters.
const PROCESSORS: usize = 2;

loom::lazy_static! {
    static ref LOCKS: [Mutex<()>; PROCESSORS] = core::array::from_fn(|_| Mutex::new(()));
}

loom::thread_local! {
    static PROCESSOR: Cell<usize> = Cell::new(PROCESSORS);
}

/// Pretends that this thread runs on a processor from now on. From number 2 on they have no counters, and so
/// has a thread that has not been told.
pub fn on_processor(index: usize) {
    // Made before any thread starts: being the first to touch it would order threads by itself.
    let _ = &*LOCKS;
    PROCESSOR.with(|processor| processor.set(index));
}

/// Adds as the other implementations say.
///
/// # Safety
///
/// As theirs.
pub(crate) unsafe fn add(
    first: *const Unlocked,
    count: usize,
    mark: *const AtomicUsize,
    amount: isize,
) -> Added {
    let processor = PROCESSOR.with(Cell::get);
    if processor >= count.min(PROCESSORS) {
        return Added::Not;
    }
    let _alone = LOCKS[processor].lock().unwrap();
    // SAFETY: the caller says that they are there.
    let (mark, counter) = unsafe { (&*mark, &*first.byte_add(processor * CACHE_LINE)) };
    // Acquire, pairs with the store that clears the mark: x86-64 loads in order.
    if mark.load(Ordering::Acquire) != 0 {
        return Added::Marked;
    }
    let old = counter.0.load(Ordering::Relaxed) as isize; // Relaxed: the lock orders the sections
    match old.checked_add(amount) {
        Some(sum) => counter.0.store(sum as usize, Ordering::Relaxed), // Relaxed: as above
        None => return Added::Not,
    }
    Added::Done
}

/// Restarts all sections.
pub(crate) fn restart() {
    LOCKS.iter().for_each(|lock| drop(lock.lock()));
}

/// Has nothing to prepare.
pub(crate) fn prepare() {}
