//! What is dropped while its thread unwinds: the first panic comes through, a second one would abort.
#![cfg(feature = "std")]

mod common;

use common::{Chosen, Yield};
use rundown::{Blocking, Protected, Rundown, RundownGuard, RundownRef, StaticRundownRef};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

/// What the first panic says.
struct First;

/// Panics with this value in the hands of the thread, which is dropped as it unwinds.
fn unwinds_with<T>(value: T) {
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _value = value;
        panic_any(First);
    }));
    assert!(unwound.unwrap_err().is::<First>());
}

/// Returns the object with a hold that nobody can release any more.
fn held<R: Rundown>(object: R) -> R {
    let _ = object.try_acquire().unwrap().leak();
    object
}

#[test]
fn a_held_object_says_nothing() {
    unwinds_with(held(RundownRef::<Yield>::new()));
    unwinds_with(held(StaticRundownRef::<Chosen, 3, Yield>::new()));
    unwinds_with(Protected::<_>::new(held(RundownRef::new()), 1));
    #[cfg(feature = "alloc")]
    unwinds_with(held_box());
}

#[cfg(feature = "alloc")]
fn held_box() -> Box<rundown::CacheAwareRundownRef<Chosen>> {
    let object = rundown::CacheAwareRundownRef::boxed(2).unwrap();
    let _ = object.try_acquire().unwrap().leak();
    object
}

#[test]
fn a_guard_gives_its_hold_back() {
    let object = RundownRef::<Yield>::new();
    unwinds_with(object.try_acquire_n(3).unwrap());
    assert!(object.begin_run_down());
}

#[test]
fn a_guard_whose_hold_is_gone_says_nothing_and_the_count_stays() {
    let object = RundownRef::<Yield>::new();
    // SAFETY: not kept, that is the test. Nothing is protected by the object.
    let release_too_many = || unsafe { RundownGuard::adopt(&object, 1) };
    unwinds_with(release_too_many());
    assert!(object.begin_run_down(), "live");
    unwinds_with(release_too_many());
    assert!(object.is_run_down());
}

#[test]
fn a_future_takes_its_waker_along() {
    struct Silent;
    impl Wake for Silent {
        fn wake(self: Arc<Self>) {}
    }
    let object = RundownRef::<Blocking>::new();
    let guard = object.try_acquire().unwrap();
    let silent = Arc::new(Silent);
    let waker = Waker::from(silent.clone());
    object.begin_run_down();
    let mut drained = Box::pin(object.drained());
    assert!(drained.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    unwinds_with((drained, waker));
    assert_eq!(Arc::strong_count(&silent), 1, "nobody keeps a waker");
    drop(guard);
}

#[test]
fn a_last_release_wakes_and_a_waker_that_panics_is_not_heard() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a second one");
        }
    }
    let object = RundownRef::<Blocking>::new();
    let guard = object.try_acquire().unwrap();
    let waker = Waker::from(Arc::new(Panics));
    object.begin_run_down();
    let mut drained = pin!(object.drained());
    assert!(drained.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    unwinds_with(guard);
    assert!(object.is_run_down());
}
