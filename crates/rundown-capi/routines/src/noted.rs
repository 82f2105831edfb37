//! Acquire and release that keep the list of holders.

use crate::family::{Family, find};
use crate::misuse::Misuse;
use crate::platform;
use crate::types::{BOOLEAN, ULONG};
use core::ffi::CStr;
use rundown::holders::Place;
use rundown::{Checked, RundownGuard};

/// Acquires `count` times, all or nothing. Every hold is noted down, for a caller who does not say from where.
///
/// # Safety
///
/// `pointer` points to an initialised object whose memory is not freed meanwhile.
pub(crate) unsafe fn acquire<F: Family>(
    routine: &'static str,
    pointer: *mut F::Pointee,
    count: ULONG,
) -> BOOLEAN {
    // SAFETY: the caller's promise.
    unsafe { acquire_at::<F>(routine, pointer, count, None) }
}

/// As [`acquire`], for a caller who says from where.
///
/// # Safety
///
/// As [`acquire`].
pub(crate) unsafe fn acquire_at<F: Family>(
    routine: &'static str,
    pointer: *mut F::Pointee,
    count: ULONG,
    site: Option<(&'static CStr, u32)>,
) -> BOOLEAN {
    // SAFETY: the caller's promise.
    let object = unsafe { find::<F>(routine, pointer) };
    let place = Place { known_as: pointer.addr(), site, taker: platform::thread() };
    BOOLEAN::from(object.try_acquire_n_at(count as usize, place).map(RundownGuard::leak).is_ok())
}

/// Releases `count` acquires at once; those of the calling thread leave the list first.
///
/// # Safety
///
/// The caller owns them.
pub(crate) unsafe fn release<F: Family>(
    routine: &'static str,
    pointer: *mut F::Pointee,
    count: ULONG,
) {
    // SAFETY: the caller's promise, both times.
    let released = unsafe {
        find::<F>(routine, pointer).checked_release_n_by(count as usize, platform::thread())
    };
    if let Err(error) = released {
        Misuse::OverRelease(error).report(routine, pointer);
    }
}
