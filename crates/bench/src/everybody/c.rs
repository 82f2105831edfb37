//! Our forms as C uses them: the `Ex...` routines, called as functions of another library.
//!
//! They keep their names in the object file, so the compiler does not inline them: a pair is two calls.

use crate::everybody::candidate::{Candidate, Host, Made, Side, refuse, repeat};
use ladder::hold;
use rundown_capi_routines::cache_aware::{
    ExAcquireRundownProtectionCacheAware, ExAllocateCacheAwareRundownProtection,
    ExFreeCacheAwareRundownProtection, ExReleaseRundownProtectionCacheAware,
    ExSizeOfRundownProtectionCacheAware, ExWaitForRundownProtectionReleaseCacheAware,
};
use rundown_capi_routines::plain::{
    ExAcquireRundownProtection, ExInitializeRundownProtection, ExReleaseRundownProtection,
    ExWaitForRundownProtectionRelease,
};
use rundown_capi_routines::types::{EX_RUNDOWN_REF, PEX_RUNDOWN_REF_CACHE_AWARE, TRUE};

/// The name of the cache-aware family.
pub const CACHE_AWARE: &str = "C cache-aware";

/// Both families.
pub const ALL: &[Candidate] = &[
    Candidate {
        name: CACHE_AWARE,
        side: Side::Ours,
        promise: "As `boxed`; what is no object is noticed.",
        make: cache_aware,
    },
    Candidate {
        name: "C plain",
        side: Side::Ours,
        promise: "As `RundownRef`; what is no object is noticed.",
        make: plain,
    },
];

fn plain(_host: Host) -> Option<Made> {
    let [live, run_down] = [Plain::new(), Plain::new()];
    run_down.wait();
    let pairs = move |_, count| {
        let object = live.pointer();
        // SAFETY: initialised, and `live` keeps it; each release follows its acquire.
        repeat(count, || unsafe {
            assert!(ExAcquireRundownProtection(object) == TRUE, "the object is live");
            hold();
            ExReleaseRundownProtection(object);
        });
    };
    let refused = move |count| {
        let object = run_down.pointer();
        // SAFETY: initialised, and `run_down` keeps it.
        refuse(count, || unsafe { ExAcquireRundownProtection(object) == TRUE });
    };
    Some(Made::new(|| EX_RUNDOWN_REF { Count: 0, Opaque: [0; 2] }, pairs).refusing(refused))
}

fn cache_aware(_host: Host) -> Option<Made> {
    let [live, run_down] = [CacheAware::new(), CacheAware::new()];
    run_down.wait();
    let pairs = move |_, count| {
        let object = live.pointer();
        // SAFETY: initialised, and `live` keeps it; each release follows its acquire.
        repeat(count, || unsafe {
            assert!(ExAcquireRundownProtectionCacheAware(object) == TRUE, "the object is live");
            hold();
            ExReleaseRundownProtectionCacheAware(object);
        });
    };
    let refused = move |count| {
        let object = run_down.pointer();
        // SAFETY: initialised, and `run_down` keeps it.
        refuse(count, || unsafe { ExAcquireRundownProtectionCacheAware(object) == TRUE });
    };
    let made = Made::new(|| (), pairs).refusing(refused);
    let bytes = size_of::<PEX_RUNDOWN_REF_CACHE_AWARE>() + ExSizeOfRundownProtectionCacheAware();
    Some(Made { bytes: bytes as u64, ..made })
}

/// An object of the plain family, in memory of its own.
struct Plain(*mut EX_RUNDOWN_REF);

// SAFETY: behind the pointer is a `rundown::RundownRef`, which threads may share.
unsafe impl Sync for Plain {}

impl Plain {
    fn new() -> Self {
        let object = Box::into_raw(Box::new(EX_RUNDOWN_REF { Count: 0, Opaque: [0; 2] }));
        // SAFETY: of the right type, and nobody uses it yet.
        unsafe { ExInitializeRundownProtection(object) };
        Self(object)
    }

    fn pointer(&self) -> *mut EX_RUNDOWN_REF {
        self.0
    }

    fn wait(&self) {
        // SAFETY: initialised in `new`.
        unsafe { ExWaitForRundownProtectionRelease(self.0) }
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.wait();
        // SAFETY: made in `new` as a box, and nobody uses it any more.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// An object of the cache-aware family, as its own routine allocates it.
struct CacheAware(PEX_RUNDOWN_REF_CACHE_AWARE);

// SAFETY: behind the pointer is a `rundown::CacheAwareRundownRef`, which threads may share.
unsafe impl Sync for CacheAware {}

impl CacheAware {
    fn new() -> Self {
        let object = ExAllocateCacheAwareRundownProtection(0, 0);
        assert!(!object.is_null(), "there is memory");
        Self(object)
    }

    fn pointer(&self) -> PEX_RUNDOWN_REF_CACHE_AWARE {
        self.0
    }

    fn wait(&self) {
        // SAFETY: initialised in `new`.
        unsafe { ExWaitForRundownProtectionReleaseCacheAware(self.0) }
    }
}

impl Drop for CacheAware {
    fn drop(&mut self) {
        self.wait();
        // SAFETY: allocated in `new`, run down, and nobody uses it any more.
        unsafe { ExFreeCacheAwareRundownProtection(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_live_until_they_are_waited_for() {
        let (plain, cache_aware) = (Plain::new(), CacheAware::new());
        // SAFETY: initialised; each release follows its acquire.
        let acquired = || unsafe {
            let plain = ExAcquireRundownProtection(plain.pointer()) == TRUE && {
                ExReleaseRundownProtection(plain.pointer());
                true
            };
            let cache_aware = cache_aware.pointer();
            let cache_aware = ExAcquireRundownProtectionCacheAware(cache_aware) == TRUE && {
                ExReleaseRundownProtectionCacheAware(cache_aware);
                true
            };
            [plain, cache_aware]
        };
        assert_eq!(acquired(), [true; 2]);
        plain.wait();
        assert_eq!(acquired(), [false, true]);
        cache_aware.wait();
        assert_eq!(acquired(), [false; 2]);
    }

    #[test]
    fn an_object_that_goes_leaves_nothing() {
        let counted = allocation_counter::measure(|| drop((Plain::new(), CacheAware::new())));
        assert!(counted.count_total >= 2);
        assert_eq!(counted.count_current, 0);
    }

    #[test]
    fn the_bytes_are_what_the_routines_ask_for_and_a_pointer() {
        let host = Host { slots: 1, threads: 1 };
        let bytes: Vec<_> = ALL.iter().map(|family| (family.make)(host).unwrap().bytes).collect();
        assert_eq!(bytes, [8 + ExSizeOfRundownProtectionCacheAware() as u64, 24]);
    }
}
