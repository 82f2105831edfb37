//! The size of a cache line, chosen here and nowhere else, and values alone on theirs.

use core::cell::UnsafeCell;
use core::fmt;
use core::panic::RefUnwindSafe;

/// Bytes that must lie between two words so that cores which write them do not disturb each other.
///
/// * x86-64: lines have 64 bytes, but the spatial prefetcher fetches them in aligned pairs (Intel 64
///   and IA-32 Architectures Optimization Reference Manual, "Data Prefetching"), so 128.
/// * AArch64: implementations report 64 (Cortex-A53, A72, Neoverse N1) or 128 bytes (Apple M1) in
///   `CTR_EL0`; one binary serves all, so 128. A kernel should compare at boot: `CTR_EL0.CWG`, the
///   cache write-back granule (Arm ARM, D24.2.35), must not exceed this. It does on Fujitsu's A64FX, whose lines
///   have 256 bytes.
/// * PowerPC64: 128 (Power ISA implementations since POWER4; `L1_CACHE_SHIFT` 7 in Linux's
///   arch/powerpc/include/asm/cache.h).
/// * s390x: 256 (`L1_CACHE_BYTES` in Linux's arch/s390/include/asm/cache.h).
/// * Elsewhere: 64. Linux has 32 for sparc, hexagon and the older ones of arm and mips, and 16 for m68k. But one
///   binary also serves those of arm and mips that have 64, and larger than needed costs memory only. Where a
///   processor is alone and memory is short, use [`RundownRef`](crate::RundownRef), which is one word.
///
/// A line larger than this costs speed, never correctness.
pub const CACHE_LINE: usize = align_of::<CacheLine<()>>();

/// A value on cache lines of its own.
///
/// ```
/// use core::sync::atomic::AtomicUsize;
/// use rundown::{CACHE_LINE, CacheLine};
///
/// /// One core's counter does not disturb the other's.
/// static COUNTS: [CacheLine<AtomicUsize>; 2] =
///     [CacheLine(AtomicUsize::new(0)), CacheLine(AtomicUsize::new(0))];
///
/// assert_eq!(size_of_val(&COUNTS), 2 * CACHE_LINE);
/// ```
// Two alignments on one type: the larger holds.
#[repr(align(64))]
#[cfg_attr(
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "arm64ec", // AArch64 with the calling convention of x86-64, for Windows
        target_arch = "powerpc64"
    ),
    repr(align(128))
)]
#[cfg_attr(target_arch = "s390x", repr(align(256)))]
#[derive(Debug, Default)]
pub struct CacheLine<T>(pub T);

/// A shared value on cache lines of its own, padding included, that may be freed under a reference.
///
/// A reference normally promises that its bytes stay readable for as long as the function that got
/// it runs. The last releaser can't promise that: once its final subtraction is done, the waiter may
/// free the object while `release` is still on its way out. For bytes inside an `UnsafeCell` there is
/// no such promise, so every byte of an object is inside one, also those that only fill the line.
/// It is a part of [`PaddedSlot`](crate::PaddedSlot), and made by this crate only: for your own values there is
/// [`CacheLine`].
#[repr(transparent)]
pub struct SharedLine<T>(UnsafeCell<CacheLine<T>>);

// SAFETY: the cell is never written through; it is only a source of `&T`, which `T: Sync` allows.
unsafe impl<T: Sync> Sync for SharedLine<T> {}

// As for `T`: the cell stands for bytes that may be freed, not for a value that changes.
impl<T: RefUnwindSafe> RefUnwindSafe for SharedLine<T> {}

impl<T> SharedLine<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(CacheLine(value)))
    }

    /// Returns the value, by a reference that covers none of the padding.
    #[inline]
    pub(crate) const fn get(&self) -> &T {
        // SAFETY: the value is initialised and only ever shared, see `Sync` above. The place is
        // projected from the raw pointer, without a reference to the whole line.
        unsafe { &(*self.0.get()).0 }
    }
}

#[cfg(rundown_loom)]
impl<T> SharedLine<T> {
    pub(crate) fn get_mut(&mut self) -> &mut T {
        &mut self.0.get_mut().0
    }
}

impl<T: fmt::Debug> fmt::Debug for SharedLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

const _: () = assert!(size_of::<SharedLine<usize>>() == CACHE_LINE);
const _: () = assert!(size_of::<CacheLine<usize>>() == CACHE_LINE);
