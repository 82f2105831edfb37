//! C's routines.

use crate::path::Path;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::mem::MaybeUninit;
use rundown_capi_routines::cache_aware::{
    ExAcquireRundownProtectionCacheAware, ExInitializeRundownProtectionCacheAware,
    ExReleaseRundownProtectionCacheAware, ExSizeOfRundownProtectionCacheAware,
};
use rundown_capi_routines::plain::{
    ExAcquireRundownProtection, ExInitializeRundownProtection, ExReleaseRundownProtection,
};
use rundown_capi_routines::pool::{RundownInitializePool, RundownSizeOfPool, RundownTakeFromPool};
use rundown_capi_routines::pooled::{RundownAcquirePooled, RundownReleasePooled};
use rundown_capi_routines::types::EX_RUNDOWN_REF;

/// Returns the paths of all families.
pub fn paths() -> Vec<Path> {
    let plain = Box::leak(Box::new(MaybeUninit::<EX_RUNDOWN_REF>::uninit())).as_mut_ptr();
    let size = ExSizeOfRundownProtectionCacheAware();
    let buffer = words(size);
    let pool_size = RundownSizeOfPool(1);
    // SAFETY: fresh memory, in which they live for ever.
    let pooled = unsafe {
        ExInitializeRundownProtection(plain);
        ExInitializeRundownProtectionCacheAware(buffer.cast(), size);
        RundownTakeFromPool(RundownInitializePool(words(pool_size).cast(), pool_size, 1))
    };
    let all = [
        (
            ["ExAcquireRundownProtection", "ExReleaseRundownProtection"],
            [ExAcquireRundownProtection as *const (), ExReleaseRundownProtection as *const ()],
            plain.cast_const().cast(),
        ),
        (
            ["ExAcquireRundownProtectionCacheAware", "ExReleaseRundownProtectionCacheAware"],
            [
                ExAcquireRundownProtectionCacheAware as *const (),
                ExReleaseRundownProtectionCacheAware as *const (),
            ],
            buffer.cast_const().cast(),
        ),
        (
            ["RundownAcquirePooled", "RundownReleasePooled"],
            [RundownAcquirePooled as *const (), RundownReleasePooled as *const ()],
            pooled.cast_const().cast(),
        ),
    ];
    let paths = all.map(|(names, functions, object)| {
        // SAFETY: these are the two routines of this object.
        unsafe { Path::pair_at(names, functions, (object, 0)) }
    });
    paths.concat()
}

/// Returns so many bytes of memory, aligned to a word, for ever.
fn words(bytes: usize) -> *mut usize {
    vec![0_usize; bytes.div_ceil(size_of::<usize>())].leak().as_mut_ptr()
}
