//! How much an object counts, and why the fast path need not check it.
//!
//! A check of one slot says nothing about the sum of all, and a look at all slots would cost the fast
//! path its speed. So a slot near zero is let through unchecked, every other acquire looks at all
//! slots, and both together stay below the 2^62 (2^30) holds that the words can tell from negative.

/// Most holds one call can take: 2^32 - 1 on 64-bit targets (any `ULONG`), 2^16 - 1 on 32-bit ones.
///
/// Small against [`MAX_HOLDERS`], so that threads which pass the check at the same moment cannot
/// overflow the count together.
///
/// ```
/// use rundown::{AcquireError, MAX_COUNT, MAX_HOLDERS, Rundown, RundownRef};
///
/// let object = RundownRef::new();
/// assert_eq!(object.try_acquire_n(MAX_COUNT)?.count(), MAX_COUNT);
/// assert_eq!(object.try_acquire_n(MAX_COUNT + 1).unwrap_err(), AcquireError::TooMany);
/// assert!(MAX_COUNT < MAX_HOLDERS);
/// # Ok::<(), AcquireError>(())
/// ```
pub const MAX_COUNT: usize = (1 << (usize::BITS / 2)) - 1;
/// Most holds an object counts in all: 2^61 on 64-bit targets, 2^29 on 32-bit ones. [`MAX_COUNT`] has an example.
pub const MAX_HOLDERS: usize = 1 << (usize::BITS - 3);
/// Most slots of an object: 65,536 on 64-bit targets, 256 on 32-bit ones.
///
/// ```
/// # struct ThisCore;
/// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
/// use rundown::{CacheAwareRundownRef, MAX_SLOTS};
///
/// assert!(CacheAwareRundownRef::<ThisCore>::layout(MAX_SLOTS).is_ok());
/// assert!(CacheAwareRundownRef::<ThisCore>::layout(MAX_SLOTS + 1).is_err());
/// ```
pub const MAX_SLOTS: usize = 1 << (usize::BITS / 4);
/// Bytes to whose multiples a pool's memory is aligned: see the example of
/// [`SlotPool::init_in`](crate::SlotPool::init_in).
pub const POOL_ALIGNMENT: usize = 4096;
/// A slot nearer to zero than this (in its own units, two a hold) needs no look at the others:
/// `MAX_SLOTS` of them, each crossing the whole window from below zero, add `MAX_HOLDERS / 2`, and as
/// many calls more, of at most `MAX_COUNT`, that started inside. A counter beside a slot overflows at half of
/// it, so all counters add half as much again.
pub(crate) const NEAR: usize = 1 << (usize::BITS - usize::BITS / 4 - 4);
/// Most holds that [`resurrect`](crate::Rundown::resurrect), which has an example, takes back: half of
/// [`MAX_HOLDERS`], as what a round can add unchecked (see `NEAR`) must not pile up over many rounds.
pub const MAX_RESURRECTED: usize = if cfg!(rundown_loom) { 2 } else { MAX_HOLDERS / 2 };
/// More than there can ever be, and still positive in the units of the words.
pub(crate) const MAX_EVER: usize = 2 * MAX_HOLDERS - 1;

/// Most holds that [`try_clone`](crate::RundownGuard::try_clone) finds while a run-down is under way: 2^43 on 64-bit
/// targets, 2^19 on 32-bit ones.
pub const MAX_CLONED: usize = NEAR / 2;

const _: () = assert!(MAX_SLOTS * NEAR <= MAX_HOLDERS / 2);

#[cfg(all(test, not(rundown_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_what_is_written_beside_them() {
        let limits = [MAX_COUNT, MAX_HOLDERS, MAX_SLOTS, NEAR, MAX_RESURRECTED, MAX_EVER];
        #[cfg(target_pointer_width = "64")]
        assert_eq!(limits, [0xffff_ffff, 1 << 61, 65_536, 1 << 44, 1 << 60, (1 << 62) - 1]);
        #[cfg(target_pointer_width = "32")]
        assert_eq!(limits, [0xffff, 1 << 29, 256, 1 << 20, 1 << 28, (1 << 30) - 1]);
    }
}
