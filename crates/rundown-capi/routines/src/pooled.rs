//! The pooled family: `EX_RUNDOWN_REF_POOLED`, an object of a pool, with a counter for each core in memory that
//! many objects share.
//!
//! An object is named by the address that `rundown` gives it, which is never aligned. That is all that is
//! checked of it: a key would have to be looked at, and the words of an object have no room for one.

use crate::family::{self, Family};
use crate::holds;
use crate::misuse::Misuse;
use crate::platform::{Slot, Waiting};
use crate::types::{BOOLEAN, EX_RUNDOWN_REF_POOLED, PEX_RUNDOWN_REF_POOLED, ULONG};
use core::ptr::NonNull;
use rundown::{CurrentSlot, PooledRundownRef};

type Object = PooledRundownRef<Slot, Waiting>;

pub(crate) struct InPool;

impl Family for InPool {
    type Pointee = EX_RUNDOWN_REF_POOLED;
    type Object = Object;

    #[inline]
    unsafe fn get<'a>(pointer: PEX_RUNDOWN_REF_POOLED) -> Option<&'a Object> {
        if pointer.cast::<usize>().is_aligned() {
            return None;
        }
        // SAFETY: null is aligned; that it is an object of a pool, the caller promises.
        Some(unsafe { Object::at(NonNull::new_unchecked(pointer.cast())).as_ref() })
    }

    unsafe fn look<'a>(
        _routine: &'static str,
        pointer: PEX_RUNDOWN_REF_POOLED,
    ) -> Result<&'a Object, Misuse> {
        Err(if pointer.is_null() { Misuse::Null } else { Misuse::NotPooled })
    }

    #[inline]
    fn slot() -> Option<usize> {
        Slot::at_once()
    }
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
    unsafe { holds::acquire::<InPool>("RundownAcquirePooled", RunRefPooled, 1) }
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
    unsafe { holds::acquire::<InPool>("RundownAcquirePooledEx", RunRefPooled, Count) }
}

/// As ExReleaseRundownProtectionCacheAware, for an object of a pool.
///
/// # Safety
///
/// The caller owns one acquire of this object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownReleasePooled(RunRefPooled: PEX_RUNDOWN_REF_POOLED) {
    // SAFETY: the caller's promise.
    unsafe { holds::release::<InPool>("RundownReleasePooled", RunRefPooled, 1) }
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
    unsafe { holds::release::<InPool>("RundownReleasePooledEx", RunRefPooled, Count) }
}

/// As ExWaitForRundownProtectionReleaseCacheAware, for an object of a pool. After it returns, the caller may
/// free what was protected, and give the object back.
///
/// # Safety
///
/// `RunRefPooled` is what RundownTakeFromPool returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownWaitPooled(RunRefPooled: PEX_RUNDOWN_REF_POOLED) {
    // SAFETY: the caller's promise.
    unsafe { family::wait::<InPool>("RundownWaitPooled", RunRefPooled) }
}

/// As ExRundownCompletedCacheAware, for an object of a pool.
///
/// # Safety
///
/// `RunRefPooled` is what RundownTakeFromPool returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownCompletedPooled(RunRefPooled: PEX_RUNDOWN_REF_POOLED) {
    // SAFETY: the caller's promise.
    unsafe { family::complete::<InPool>("RundownCompletedPooled", RunRefPooled) }
}

/// As ExReInitializeRundownProtectionCacheAware, for an object of a pool.
///
/// # Safety
///
/// `RunRefPooled` is what RundownTakeFromPool returned, and was not given back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownReInitializePooled(RunRefPooled: PEX_RUNDOWN_REF_POOLED) {
    // SAFETY: the caller's promise.
    unsafe { family::reinitialize::<InPool>("RundownReInitializePooled", RunRefPooled) }
}
