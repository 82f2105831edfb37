//! The pooled family: `EX_RUNDOWN_REF_POOLED`, an object of a pool, with a counter for each core in memory that
//! many objects share.
//!
//! An object is named by the address that `rundown` gives it, which is never aligned. That is all that is
//! checked of it: a key would have to be looked at, and the words of an object have no room for one.

use crate::misuse::Misuse;
use crate::platform::{Slot, Waiting};
use crate::types::{BOOLEAN, FALSE, PEX_RUNDOWN_REF_POOLED, TRUE, ULONG};
use core::ptr::NonNull;
use rundown::{Checked, CurrentSlot, MAX_COUNT, PooledRundownRef, Rundown, RundownGuard};

type Object = PooledRundownRef<Slot, Waiting>;

/// Finds the object behind a caller's pointer.
///
/// # Safety
///
/// `pointer` is aligned, which is reported, or an object of a pool.
#[inline]
unsafe fn find<'a>(routine: &'static str, pointer: PEX_RUNDOWN_REF_POOLED) -> &'a Object {
    if pointer.cast::<usize>().is_aligned() {
        not_an_object(routine, pointer);
    }
    // SAFETY: null is aligned; the rest is the caller's promise.
    unsafe { known(pointer) }
}

/// Finds the object behind a pointer that was looked at already.
///
/// # Safety
///
/// `pointer` is an object of a pool.
#[inline]
unsafe fn known<'a>(pointer: PEX_RUNDOWN_REF_POOLED) -> &'a Object {
    // SAFETY: the caller's promise.
    unsafe { Object::at(NonNull::new_unchecked(pointer.cast())).as_ref() }
}

/// Reports what is no object. Out of line, so that the usual way is a comparison.
#[cold]
#[inline(never)]
fn not_an_object(routine: &'static str, pointer: PEX_RUNDOWN_REF_POOLED) -> ! {
    let misuse = if pointer.is_null() { Misuse::Null } else { Misuse::NotPooled };
    misuse.report(routine, pointer)
}

/// As ExAcquireRundownProtectionCacheAware, for an object of a pool.
///
/// # Errors
///
/// NULL, or a pointer that is aligned, as all others are: a message and an abort, as in all routines for
/// objects of pools. Nothing else is noticed of a pointer to what is no such object.
///
/// # Safety
///
/// `RunRefPooled` is what RundownTakeFromPool returned, and the pool's memory is not freed meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownAcquirePooled(RunRefPooled: PEX_RUNDOWN_REF_POOLED) -> BOOLEAN {
    // SAFETY: the caller's promise.
    unsafe { acquire("RundownAcquirePooled", RunRefPooled, 1) }
}

/// As ExAcquireRundownProtectionCacheAwareEx, for an object of a pool.
///
/// # Safety
///
/// As RundownAcquirePooled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownAcquirePooledEx(
    RunRefPooled: PEX_RUNDOWN_REF_POOLED,
    Count: ULONG,
) -> BOOLEAN {
    // SAFETY: the caller's promise.
    unsafe { acquire("RundownAcquirePooledEx", RunRefPooled, Count) }
}

/// # Safety
///
/// As [`RundownAcquirePooled`].
#[inline]
unsafe fn acquire(routine: &'static str, pointer: PEX_RUNDOWN_REF_POOLED, count: ULONG) -> BOOLEAN {
    // SAFETY: the caller's promise.
    let object = unsafe { find(routine, pointer) };
    if object.refuses() {
        return FALSE;
    }
    match Slot::at_once() {
        Some(slot) if (1..=MAX_COUNT).contains(&(count as usize)) => {
            match object.acquire_step(slot, count as usize) {
                None => TRUE,
                Some(seen) => acquire_rest(pointer, slot, count, seen),
            }
        }
        _ => acquire_slowly(pointer, count),
    }
}

/// Ends an acquire that is not as usual. What is called at the end of the usual way needs no frame there.
#[cold]
#[inline(never)]
fn acquire_rest(
    pointer: PEX_RUNDOWN_REF_POOLED,
    slot: usize,
    count: ULONG,
    seen: usize,
) -> BOOLEAN {
    // SAFETY: the routine's caller has promised what this needs; called for this step, once.
    BOOLEAN::from(unsafe { known(pointer).acquire_rest(slot, count as usize, seen) }.is_ok())
}

/// Acquires where the slot is not known without a call, or the count is not as usual.
#[cold]
#[inline(never)]
fn acquire_slowly(pointer: PEX_RUNDOWN_REF_POOLED, count: ULONG) -> BOOLEAN {
    // SAFETY: the routine's caller has promised what this needs.
    let object = unsafe { known(pointer) };
    // Leaked: C knows how many, and gives them back.
    BOOLEAN::from(object.try_acquire_n(count as usize).map(RundownGuard::leak).is_ok())
}

/// As ExReleaseRundownProtectionCacheAware, for an object of a pool.
///
/// # Safety
///
/// The caller owns one acquire of this object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownReleasePooled(RunRefPooled: PEX_RUNDOWN_REF_POOLED) {
    // SAFETY: the caller's promise.
    unsafe { release("RundownReleasePooled", RunRefPooled, 1) }
}

/// As ExReleaseRundownProtectionCacheAwareEx, for an object of a pool.
///
/// # Safety
///
/// The caller owns `Count` acquires of this object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownReleasePooledEx(
    RunRefPooled: PEX_RUNDOWN_REF_POOLED,
    Count: ULONG,
) {
    // SAFETY: the caller's promise.
    unsafe { release("RundownReleasePooledEx", RunRefPooled, Count) }
}

/// # Safety
///
/// As [`RundownReleasePooledEx`].
#[inline]
unsafe fn release(routine: &'static str, pointer: PEX_RUNDOWN_REF_POOLED, count: ULONG) {
    // SAFETY: the caller's promise.
    let object = unsafe { find(routine, pointer) };
    match Slot::at_once() {
        Some(slot) => {
            // SAFETY: the caller's promise.
            if let Some(seen) = unsafe { object.release_step(slot, count as usize) } {
                release_rest(routine, pointer, slot, count, seen);
            }
        }
        None => release_slowly(routine, pointer, count),
    }
}

/// Ends a release that is not as usual.
#[cold]
#[inline(never)]
fn release_rest(
    routine: &'static str,
    pointer: PEX_RUNDOWN_REF_POOLED,
    slot: usize,
    count: ULONG,
    seen: usize,
) {
    // SAFETY: until its last step this release keeps the object alive; called for this step, once.
    let result = unsafe { known(pointer).release_rest(slot, count as usize, seen) };
    if let Err(error) = result {
        Misuse::OverRelease(error).report(routine, pointer);
    }
}

/// Releases where the slot is not known without a call.
#[cold]
#[inline(never)]
fn release_slowly(routine: &'static str, pointer: PEX_RUNDOWN_REF_POOLED, count: ULONG) {
    // SAFETY: the routine's caller has promised what this needs.
    let result = unsafe { known(pointer).checked_release_n(count as usize) };
    if let Err(error) = result {
        Misuse::OverRelease(error).report(routine, pointer);
    }
}

/// As ExWaitForRundownProtectionReleaseCacheAware, for an object of a pool. After it returns, the caller may
/// free what was protected, and give the object back.
///
/// # Safety
///
/// `RunRefPooled` is what RundownTakeFromPool returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownWaitPooled(RunRefPooled: PEX_RUNDOWN_REF_POOLED) {
    let routine = "RundownWaitPooled";
    // SAFETY: the caller's promise.
    if let Err(error) = unsafe { find(routine, RunRefPooled) }.checked_wait() {
        Misuse::OverRelease(error).report(routine, RunRefPooled);
    }
}

/// As ExRundownCompletedCacheAware, for an object of a pool.
///
/// # Safety
///
/// `RunRefPooled` is what RundownTakeFromPool returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownCompletedPooled(RunRefPooled: PEX_RUNDOWN_REF_POOLED) {
    // SAFETY: the caller's promise.
    unsafe { check_run_down("RundownCompletedPooled", RunRefPooled) }
}

/// Reports an object that is not run down.
///
/// # Safety
///
/// As [`RundownCompletedPooled`].
pub(crate) unsafe fn check_run_down(routine: &'static str, pointer: PEX_RUNDOWN_REF_POOLED) {
    // SAFETY: the caller's promise.
    let object = unsafe { find(routine, pointer) };
    if object.checked_outstanding() != Ok(Some(0)) {
        Misuse::not_run_down(object).report(routine, pointer);
    }
}

/// As ExReInitializeRundownProtectionCacheAware, for an object of a pool.
///
/// # Safety
///
/// `RunRefPooled` is what RundownTakeFromPool returned, and was not given back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownReInitializePooled(RunRefPooled: PEX_RUNDOWN_REF_POOLED) {
    let routine = "RundownReInitializePooled";
    // SAFETY: the caller's promise.
    let object = unsafe { find(routine, RunRefPooled) };
    if object.reinitialize().is_err() {
        Misuse::not_run_down(object).report(routine, RunRefPooled);
    }
}
