//! Pointers to an object are objects: what is asked of them reaches it.
#![cfg(feature = "std")]

mod common;

use common::{Chosen, Yield, page, run_on};
use rundown::{
    AcquireError, CacheAwareRundownRef, Exclusive, Protected, Rundown, RundownRef, SlotPool,
    ThreadSlot,
};
use std::sync::Arc;
use std::time::Duration;

/// Goes through a round of whatever is an object, and comes back to it being live.
fn round<R: Rundown>(object: R) {
    let guard = object.try_acquire_n(2).unwrap();
    assert!(!object.begin_run_down() && object.is_running_down());
    let clone = guard.try_clone().unwrap();
    assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown);
    drop(guard);
    assert_eq!(object.outstanding(), Some(1));
    object.resurrect().unwrap();
    run_on(3);
    drop(clone);
    object.wait();
    object.completed().unwrap();
    object.reinitialize().unwrap();
    assert!(!object.is_running_down());
}

#[test]
fn every_pointer_to_an_object_is_one() {
    let plain = RundownRef::new();
    round(&plain);
    round(&&plain);
    round(Box::new(RundownRef::new()));
    round(Arc::new(RundownRef::new()));
    round(&mut RundownRef::new());
    let aware = CacheAwareRundownRef::<Chosen>::boxed(3).unwrap();
    round(&*aware);
    let shared: Arc<CacheAwareRundownRef<Chosen>> = Arc::from(aware);
    round(shared.clone());
    round(Box::new(shared));
    let pool = SlotPool::<Chosen>::new(2).unwrap();
    round(pool.take().unwrap());
    round(&*pool.take().unwrap());
}

#[test]
fn a_pointer_and_its_object_are_one() {
    let object = Arc::new(RundownRef::new());
    let through = object.try_acquire().unwrap();
    assert!(!(*object).begin_run_down());
    assert!(Rundown::is_running_down(&&*object));
    drop(through);
    assert!((*object).is_run_down());
}

/// Protects a value with the object, lends it out, and takes it back.
fn lent_and_given_back<R: Exclusive>(object: R) {
    let value = Protected::new(object, 7);
    let user = value.try_acquire().unwrap();
    assert_eq!((*user, value.try_run_down()), (7, None));
    drop(user);
    assert_eq!(value.run_down(), Some(7));
}

#[test]
fn a_value_is_protected_by_a_number_of_slots_known_at_run_time() {
    let slots = std::thread::available_parallelism().map_or(1, usize::from);
    let value = Protected::new(CacheAwareRundownRef::<ThreadSlot>::boxed(slots).unwrap(), 7);
    std::thread::scope(|scope| {
        for _ in 0..slots {
            scope.spawn(|| assert_eq!(*value.try_acquire().unwrap(), 7));
        }
    });
    assert_eq!(value.run_down(), Some(7));
}

#[test]
fn a_value_is_protected_by_an_object_in_the_callers_memory_or_of_a_pool() {
    let mut memory = page();
    let object = CacheAwareRundownRef::<Chosen, Yield>::init_in(&mut memory.0, 3).unwrap();
    lent_and_given_back(object);
    let pool = SlotPool::<Chosen>::new(2).unwrap();
    lent_and_given_back(pool.take().unwrap());
}

#[test]
fn the_types_are_known_without_being_written_down() {
    let object = RundownRef::new();
    let guard = object.try_acquire().unwrap();
    let late = object.wait_timeout(Duration::from_millis(1));
    assert_eq!(late.unwrap_err().outstanding, Some(1), "it waits by the clock");
    drop(guard);
    assert_eq!(Protected::new(RundownRef::new(), 5).run_down(), Some(5));
    assert!(Protected::<u8>::empty(RundownRef::new_run_down()).run_down().is_none());
    rundown::RestartableRundownRef::prepare();
    assert!(rundown::RestartableRundownRef::boxed(2).unwrap().try_acquire().is_ok());
}

#[test]
fn with_the_standard_library_the_default_way_to_wait_sleeps() {
    fn sleeps<R: Rundown<Park = rundown::Blocking>>(_: &R) {}
    sleeps(&RundownRef::new());
    sleeps(&CacheAwareRundownRef::<Chosen>::boxed(1).unwrap());
    sleeps(&rundown::StaticRundownRef::<Chosen, 1>::new());
    sleeps(&SlotPool::<Chosen>::new(1).unwrap().take().unwrap());
    sleeps(&rundown::RestartableRundownRef::boxed(1).unwrap());
}
