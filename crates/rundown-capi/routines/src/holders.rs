//! Who holds it, for programs: acquires that say from where, and the list (feature `holders`).

use crate::cache_aware::CacheAware;
use crate::holds::acquire_at;
use crate::list::list;
use crate::plain::Plain;
use crate::pooled::InPool;
use crate::types::{
    BOOLEAN, PEX_RUNDOWN_REF, PEX_RUNDOWN_REF_CACHE_AWARE, PEX_RUNDOWN_REF_POOLED, ULONG,
};
use core::ffi::{CStr, c_char, c_void};

/// Returns what a caller has passed as the file and the line. NULL: it does not say.
///
/// # Safety
///
/// `file` is NULL or points to text that ends in a zero, and stays.
unsafe fn site(file: *const c_char, line: ULONG) -> Option<(&'static CStr, u32)> {
    // SAFETY: not NULL; the rest is the caller's promise.
    (!file.is_null()).then(|| (unsafe { CStr::from_ptr(file) }, line))
}

/// Acquires a plain object `Count` times, and notes down from where: what ExAcquireRundownProtection and its Ex are
/// when RUNDOWN_HOLDERS is defined. A mistake is reported under the former's name.
///
/// # Safety
///
/// As ExAcquireRundownProtectionEx. `File` is a literal, as it is not copied, or NULL.
#[cfg(feature = "holders")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownAcquireAt(
    RunRef: PEX_RUNDOWN_REF,
    Count: ULONG,
    File: *const c_char,
    Line: ULONG,
) -> BOOLEAN {
    // SAFETY: the caller's promise.
    unsafe { acquire_at::<Plain>("ExAcquireRundownProtection", RunRef, Count, site(File, Line)) }
}

/// As RundownAcquireAt, for the cache-aware family.
///
/// # Safety
///
/// As RundownAcquireAt.
#[cfg(feature = "holders")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownAcquireCacheAwareAt(
    RunRefCacheAware: PEX_RUNDOWN_REF_CACHE_AWARE,
    Count: ULONG,
    File: *const c_char,
    Line: ULONG,
) -> BOOLEAN {
    let routine = "ExAcquireRundownProtectionCacheAware";
    // SAFETY: the caller's promise.
    unsafe { acquire_at::<CacheAware>(routine, RunRefCacheAware, Count, site(File, Line)) }
}

/// As RundownAcquireAt, for an object of a pool.
///
/// # Safety
///
/// As RundownAcquireAt.
#[cfg(feature = "holders")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownAcquirePooledAt(
    RunRefPooled: PEX_RUNDOWN_REF_POOLED,
    Count: ULONG,
    File: *const c_char,
    Line: ULONG,
) -> BOOLEAN {
    // SAFETY: the caller's promise.
    unsafe { acquire_at::<InPool>("RundownAcquirePooled", RunRefPooled, Count, site(File, Line)) }
}

/// Prints who holds an object on standard error: a line for each acquire that is not released, with its file and line.
///
/// `Object` is what the routines take, of any family; it is not looked into, so any pointer will do. A wait that is
/// late prints the same by itself, once: after ten seconds, or as many milliseconds as the environment's
/// RUNDOWN_LATE_MS says.
///
/// A release does not say which acquire it ends. It takes the calling thread's latest out of the list, and if that
/// thread has none, somebody else's. So a hold that one thread takes and another one releases may be listed under
/// the name of another one; how many are listed is right. It is for people: what others change meanwhile may
/// show mixed, and of more than 1,024 acquires at a time, over all objects, the rest is only counted.
///
/// Level: not for signal handlers.
#[cfg(feature = "holders")]
#[unsafe(no_mangle)]
pub extern "C" fn rundown_print_holders(Object: *const c_void) {
    list(format_args!("run-down object at {Object:p}"), Object.cast());
}
