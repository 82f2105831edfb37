//! Acquire and release.
//!
//! On the usual way acquire and release call nothing and have no frame: what is unusual is left to functions that
//! are called at the end, with the caller's own arguments, and look at everything again. What a frame writes to the
//! stack, an atomic instruction of x86-64 waits for.

use crate::family::{Family, find};
use crate::misuse::Misuse;
use crate::types::{BOOLEAN, FALSE, TRUE, ULONG};
use rundown::{Checked, MAX_COUNT, Rundown, RundownGuard};

/// Acquires `count` times, all or nothing.
///
/// # Safety
///
/// `pointer` points to an initialised object whose memory is not freed meanwhile.
#[inline]
pub(crate) unsafe fn acquire<F: Family>(
    routine: &'static str,
    pointer: *mut F::Pointee,
    count: ULONG,
) -> BOOLEAN {
    // SAFETY: the caller's promise.
    let Some(object) = (unsafe { F::get(pointer) }) else {
        return acquire_slowly::<F>(routine, pointer, count);
    };
    if object.refuses() {
        return FALSE;
    }
    match F::slot() {
        Some(slot) if (1..=MAX_COUNT).contains(&(count as usize)) => {
            match object.acquire_step(slot, count as usize) {
                None => TRUE,
                Some(seen) => acquire_rest::<F>(routine, pointer, slot, count, seen),
            }
        }
        _ => acquire_slowly::<F>(routine, pointer, count),
    }
}

/// Ends an acquire that saw something unusual in its slot.
#[cold]
#[inline(never)]
fn acquire_rest<F: Family>(
    routine: &'static str,
    pointer: *mut F::Pointee,
    slot: usize,
    count: ULONG,
    seen: usize,
) -> BOOLEAN {
    // SAFETY: the routine's caller has promised what this needs.
    let object = unsafe { find::<F>(routine, pointer) };
    // SAFETY: called for this step, once.
    BOOLEAN::from(unsafe { object.acquire_rest(slot, count as usize, seen) }.is_ok())
}

/// Acquires where the slot is not known without a call, or the count is not as usual, or there is no object.
#[cold]
#[inline(never)]
fn acquire_slowly<F: Family>(
    routine: &'static str,
    pointer: *mut F::Pointee,
    count: ULONG,
) -> BOOLEAN {
    // SAFETY: the routine's caller has promised what this needs.
    let object = unsafe { find::<F>(routine, pointer) };
    // Leaked: C knows how many, and gives them back.
    BOOLEAN::from(object.try_acquire_n(count as usize).map(RundownGuard::leak).is_ok())
}

/// Releases `count` acquires at once.
///
/// # Safety
///
/// The caller owns them.
#[inline]
pub(crate) unsafe fn release<F: Family>(
    routine: &'static str,
    pointer: *mut F::Pointee,
    count: ULONG,
) {
    // SAFETY: the caller's promise.
    let Some(object) = (unsafe { F::get(pointer) }) else {
        return release_slowly::<F>(routine, pointer, count);
    };
    let Some(slot) = F::slot() else {
        return release_slowly::<F>(routine, pointer, count);
    };
    // SAFETY: the caller's promise.
    if let Some(seen) = unsafe { object.release_step(slot, count as usize) } {
        release_rest::<F>(routine, pointer, slot, count, seen);
    }
}

/// Ends a release that is not as usual.
#[cold]
#[inline(never)]
fn release_rest<F: Family>(
    routine: &'static str,
    pointer: *mut F::Pointee,
    slot: usize,
    count: ULONG,
    seen: usize,
) {
    // SAFETY: until its last step this release keeps the object alive.
    let object = unsafe { find::<F>(routine, pointer) };
    // SAFETY: called for this step, once.
    if let Err(error) = unsafe { object.release_rest(slot, count as usize, seen) } {
        Misuse::OverRelease(error).report(routine, pointer);
    }
}

/// Releases where the slot is not known without a call, or there is no object.
#[cold]
#[inline(never)]
fn release_slowly<F: Family>(routine: &'static str, pointer: *mut F::Pointee, count: ULONG) {
    // SAFETY: the routine's caller has promised what this needs, both times.
    if let Err(error) = unsafe { find::<F>(routine, pointer).checked_release_n(count as usize) } {
        Misuse::OverRelease(error).report(routine, pointer);
    }
}
