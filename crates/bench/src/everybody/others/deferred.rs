//! Memory that is freed later, when nobody can see it any more.
//!
//! The value is not freed here, so what follows a pair, a batch that is freed, is not measured.

use crate::everybody::candidate::{Host, Made, repeat};
use haphazard::HazardPointer;
use ladder::hold;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Makes `crossbeam-epoch`: the thread is pinned, and loads the pointer.
pub fn epoch(_host: Host) -> Option<Made> {
    use crossbeam_epoch::{Atomic, pin};
    let value = Atomic::new(1_u64);
    let one = || Atomic::<()>::null();
    Some(Made::new(one, move |_, count| {
        repeat(count, || {
            let guard = pin();
            let shared = value.load(Ordering::Acquire, &guard);
            assert!(!shared.is_null());
            hold();
            drop(guard);
        });
    }))
}

/// Makes `seize`: the thread enters, and loads the pointer.
pub fn seize(_host: Host) -> Option<Made> {
    use ::seize::{Collector, Guard};
    let collector = Collector::new();
    let value = AtomicPtr::new(Box::into_raw(Box::new(1_u64)));
    let one = || AtomicPtr::<()>::default();
    Some(Made::new(one, move |_, count| {
        repeat(count, || {
            let guard = collector.enter();
            let shared = guard.protect(&value, Ordering::Acquire);
            assert!(!shared.is_null());
            hold();
            drop(guard);
        });
    }))
}

/// Makes `haphazard`: the pointer is loaded, and its address announced.
pub fn haphazard(_host: Host) -> Option<Made> {
    let value = ::haphazard::AtomicPtr::from(Box::new(1_u64));
    // SAFETY: null is never loaded.
    let one = || unsafe { ::haphazard::AtomicPtr::<()>::new(std::ptr::null_mut()) };
    Some(Made::new(one, move |_, count| {
        // A thread has its hazard pointer, and uses it again.
        let mut hazard = HazardPointer::new();
        repeat(count, || {
            let shared = value.safe_load(&mut hazard);
            assert!(shared.is_some());
            hold();
            hazard.reset_protection();
        });
    }))
}
