//! Run-down protection in this kernel: a slot for each core, waiters that sleep.

use crate::arch::time;
use crate::smp::{cores, park};
use core::sync::atomic::{AtomicUsize, Ordering};
use rundown::{CacheAwareRundownRef, CurrentSlot, Park, RundownGuard};

/// The run-down object of this kernel.
pub type Object = CacheAwareRundownRef<ThisCore, Sleep>;
/// A hold on one that lives for ever.
pub type Guard = RundownGuard<'static, Object>;

/// The slot of the calling core is its index.
#[derive(Debug)]
pub struct ThisCore;

impl CurrentSlot for ThisCore {
    #[inline]
    fn current_slot() -> usize {
        cores::this_index()
    }
}

/// Returns the words of all slots of an object, as they are now.
pub fn slot_words<C: CurrentSlot, P: Park>(
    object: &CacheAwareRundownRef<C, P>,
) -> impl Iterator<Item = usize> {
    (0..object.slot_count()).map(|slot| {
        let word = object.slot_address(slot).cast::<usize>().cast_mut();
        // SAFETY: a slot is one atomic word, and lives as long as the object, which is borrowed.
        unsafe { AtomicUsize::from_ptr(word) }.load(Ordering::Relaxed)
    })
}

/// Waiting for a run-down in [`park::wait`].
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
        let latest = deadline.unwrap_or_else(|| time::after_ms(LONGEST_MS));
        let done = park::wait(address, &mut *ready, latest);
        if !done && deadline.is_none() {
            let core = cores::this_index();
            panic!("core {core} waited {LONGEST_MS} ms for the run-down at {address:p}");
        }
        done
    }

    fn unpark_all(address: *const ()) {
        park::wake(address);
    }
}
