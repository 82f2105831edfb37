//! What the library adds to the contract: merged guards, sizes, Send and Sync, texts, ready-made parts.

mod common;

use common::{Chosen, Yield};
use rundown::{
    AcquireError, CacheAwareRundownRef, Park, Protected, ProtectedGuard, Rundown, RundownGuard,
    RundownRef, Spin, StaticRundownRef,
};
use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

#[test]
fn a_guard_of_another_object_is_handed_back_by_merge() {
    let (here, there) = (RundownRef::<Yield>::with_park(), RundownRef::<Yield>::with_park());
    let mut one = here.try_acquire().unwrap();
    let other = one.merge(there.try_acquire_n(2).unwrap()).unwrap_err().into_inner();
    assert_eq!((one.count(), other.count()), (1, 2));
    assert!(std::ptr::eq(other.object(), &raw const there));
    there.begin_run_down();
    assert_eq!(there.outstanding(), Some(2), "still held");
    drop(other);
    assert!(there.is_run_down());
    drop(one);
    assert!(here.begin_run_down());
}

#[test]
fn guards_and_objects_are_send_and_sync_and_a_panic_may_cross_them() {
    fn shared<T: Send + Sync + RefUnwindSafe + UnwindSafe>() {}
    shared::<RundownRef>();
    shared::<StaticRundownRef<Chosen, 4>>();
    shared::<&CacheAwareRundownRef<Chosen>>();
    shared::<RundownGuard<'static, RundownRef>>();
    shared::<RundownGuard<'static, CacheAwareRundownRef<Chosen>>>();
    shared::<Protected<String>>();
    shared::<ProtectedGuard<'static, String>>();
}

#[test]
fn a_guard_costs_two_words_and_the_objects_what_their_layout_says() {
    let word = size_of::<usize>();
    let record = if cfg!(feature = "holders") { word } else { 0 };
    assert_eq!(size_of::<RundownGuard<'_, RundownRef>>(), 2 * word + record);
    assert_eq!(size_of::<RundownRef>(), 2 * word);
    assert_eq!(size_of::<StaticRundownRef<Chosen, 4>>(), 5 * rundown::CACHE_LINE);
}

#[test]
fn default_objects_are_live() {
    assert!(RundownRef::<Yield>::default().try_acquire().is_ok());
    assert!(StaticRundownRef::<Chosen, 2, Yield>::default().try_acquire().is_ok());
}

#[test]
fn debug_shows_the_state_and_no_words() {
    let object = StaticRundownRef::<Chosen, 2, Yield>::new();
    let seen = |object: &StaticRundownRef<Chosen, 2, Yield>| format!("{object:?}");
    let guard = object.try_acquire_n(2).unwrap();
    assert_eq!(seen(&object), "CacheAwareRundownRef { state: live, slots: 2 }");
    assert_eq!(format!("{guard:?}"), "RundownGuard { count: 2, .. }");
    object.begin_run_down();
    assert_eq!(seen(&object), "CacheAwareRundownRef { state: running down, holds: 2, slots: 2 }");
    assert!(format!("{:?}", object.drained()).contains("waiting: false"));
    drop(guard);
    assert_eq!(seen(&object), "CacheAwareRundownRef { state: run down, slots: 2 }");
    assert_eq!(format!("{:?}", RundownRef::new()), "RundownRef { state: live }");
}

#[test]
fn debug_tells_of_too_many_releases_and_does_not_panic() {
    // Never dropped: that would panic.
    let object = ManuallyDrop::new(StaticRundownRef::<Chosen, 2, Yield>::new());
    // SAFETY: nothing is held, which is what this is about; nothing is freed.
    unsafe { object.release_n(1) };
    assert!(catch_unwind(AssertUnwindSafe(|| object.begin_run_down())).is_err());
    let text = format!("{:?}", *object);
    assert_eq!(text, "CacheAwareRundownRef { state: released too often, slots: 2 }");
}

#[test]
fn errors_name_the_cause() {
    use rundown::{InitError, NotRunDown};
    let text = |error: &dyn std::error::Error| error.to_string();
    assert_eq!(text(&AcquireError::RunDown), "the object is being run down");
    assert_eq!(text(&AcquireError::TooMany), "too many holds for the object's count");
    assert_eq!(text(&NotRunDown), "the object is not run down: wait for its run-down first");
    assert!(text(&InitError::SlotCount { slots: 0 }).starts_with("0 slots asked for; 1 to "));
    let small = InitError::TooSmall { needed: 8, given: 7 };
    assert_eq!(text(&small), "the buffer has 7 bytes; the object needs 8");
    assert!(text(&InitError::Misaligned { address: 17 }).contains("0x11 is not aligned to"));
    assert_eq!(text(&InitError::Null), "the buffer's address is null");
    assert_eq!(text(&InitError::OutOfMemory), "out of memory");
    let text_of_a_pool = text(&InitError::MisalignedPool { address: 17 });
    assert_eq!(text_of_a_pool, "the buffer at 0x11 is not aligned to 4096 bytes");
    let none = text(&InitError::ObjectCount { objects: 0 });
    assert_eq!(none, "a pool of 0 objects is not possible");
    assert_eq!(text(&InitError::PoolIsFull), "all objects of the pool are taken");
}

/// Gives up, but not before the last hold is gone.
struct TooLate;

impl Park for TooLate {
    type Deadline = ();

    fn park_until(_: *const (), _: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        HELD.take();
        false
    }

    fn unpark_all(_: *const ()) {}
}

thread_local! {
    static HELD: RefCell<Option<RundownGuard<'static, RundownRef<TooLate>>>> =
        const { RefCell::new(None) };
}

#[test]
fn a_last_release_at_the_deadline_is_no_time_out() {
    static OBJECT: RundownRef<TooLate> = RundownRef::with_park();
    HELD.set(OBJECT.try_acquire().ok());
    assert_eq!(OBJECT.wait_until(()), Ok(()));
}

#[test]
fn spin_waits_and_counts_its_looks() {
    let object: RundownRef<Spin> = RundownRef::with_park();
    let guard = object.try_acquire().unwrap();
    assert!(object.wait_until(1).is_err());
    assert!(object.wait_until(100).is_err());
    thread::scope(|threads| {
        threads.spawn(|| object.wait());
        thread::yield_now();
        drop(guard);
    });
    assert_eq!(object.wait_until(0), Ok(()));
    let mut looks = 0;
    let ready = &mut || {
        looks += 1;
        false
    };
    assert!(!rundown::Spin::park_until(std::ptr::null(), ready, Some(7)));
    assert_eq!(looks, 7);
}

#[cfg(feature = "std")]
mod with_std {
    use super::*;
    use common::{at_once, soon};
    use rundown::{Blocking, CurrentSlot, ThreadSlot};
    use std::time::Duration;

    #[test]
    fn wait_timeout_gives_up_after_its_time_and_not_before() {
        let object = StaticRundownRef::<ThreadSlot, 4, Blocking>::new();
        let guard = object.try_acquire().unwrap();
        let start = std::time::Instant::now();
        let late = object.wait_timeout(Duration::from_millis(30)).unwrap_err();
        assert!(start.elapsed() >= Duration::from_millis(30));
        assert_eq!(late.outstanding, Some(1));
        drop(guard);
        assert_eq!(object.wait_timeout(Duration::MAX), Ok(()), "no overflow");
        assert_eq!(object.wait_timeout(Duration::ZERO), Ok(()));
    }

    #[test]
    fn race_blocking_waits_are_woken_by_the_last_release() {
        for _ in 0..if cfg!(miri) { 3 } else { 300 } {
            let object = RundownRef::<Blocking>::with_park();
            let guard = object.try_acquire().unwrap();
            thread::scope(|threads| {
                threads.spawn(|| object.wait());
                threads.spawn(|| object.wait_until(soon()).unwrap());
                drop(guard);
            });
            assert_eq!(object.wait_until(at_once()), Ok(()));
        }
    }

    #[test]
    fn every_thread_has_a_slot_of_its_own_and_keeps_it() {
        let mine = ThreadSlot::current_slot();
        assert_eq!(ThreadSlot::current_slot(), mine);
        let others: Vec<_> = (0..4)
            .map(|_| thread::spawn(|| [ThreadSlot::current_slot(), ThreadSlot::current_slot()]))
            .map(|thread| thread.join().unwrap())
            .collect();
        for (at, other) in others.iter().enumerate() {
            assert_eq!(other[0], other[1]);
            assert_ne!(other[0], mine);
            assert!(others[..at].iter().all(|earlier| earlier[0] != other[0]));
        }
    }
}

/// An unmarked slot would grant acquires while the first re-initialisation still clears slots, and forget them: see the
/// model `the_first_reinitialize_of_an_object_that_starts_disabled_against_acquire`.
#[test]
fn an_object_that_starts_disabled_is_marked_in_every_slot() {
    let object = StaticRundownRef::<Chosen, 4>::new_run_down();
    for slot in 0..4 {
        let word = object.slot_address(slot).cast::<AtomicUsize>();
        // SAFETY: a slot is one atomic word.
        assert_eq!(unsafe { &*word }.load(Ordering::Relaxed) & 1, 1, "slot {slot}");
    }
}
