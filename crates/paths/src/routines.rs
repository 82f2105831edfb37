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
use rundown_capi_routines::types::EX_RUNDOWN_REF;

/// Returns the paths of both families.
pub fn paths() -> Vec<Path> {
    let plain = Box::leak(Box::new(MaybeUninit::<EX_RUNDOWN_REF>::uninit())).as_mut_ptr();
    let size = ExSizeOfRundownProtectionCacheAware();
    let buffer = vec![0_usize; size.div_ceil(size_of::<usize>())].leak().as_mut_ptr();
    // SAFETY: fresh memory, in which they live for ever.
    unsafe {
        ExInitializeRundownProtection(plain);
        ExInitializeRundownProtectionCacheAware(buffer.cast(), size);
    }
    let both = [
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
    ];
    let paths = both.map(|(names, functions, object)| {
        // SAFETY: these are the two routines of this object.
        unsafe { Path::pair_at(names, functions, (object, 0)) }
    });
    paths.concat()
}
