//! Many objects are run down at the same time.
#![cfg(feature = "std")]

mod common;

use common::{Chosen, Yield, at_once, soon};
use rundown::{
    AcquireError, CacheAwareRundownRef, Rundown, RundownRef, StaticRundownRef, wait_all,
    wait_all_until,
};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

type Plain = RundownRef<Yield>;

fn plain<const N: usize>() -> [Plain; N] {
    std::array::from_fn(|_| Plain::with_park())
}

/// Waits for what another thread does; a passing test comes nowhere near the deadline.
fn until(happens: impl Fn() -> bool) {
    let deadline = soon();
    while !happens() {
        assert!(Instant::now() < deadline, "it does not happen");
        thread::yield_now();
    }
}

#[test]
fn all_have_begun_although_the_first_is_late() {
    let objects = plain::<3>();
    let guard = objects[0].try_acquire().unwrap();
    wait_all_until(&objects, at_once()).unwrap_err();
    for object in &objects {
        assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown);
    }
    drop(guard);
    wait_all(&objects);
}

#[test]
fn a_holder_of_one_is_refused_the_other_while_both_are_waited_for() {
    let [first, second] = &plain();
    let held = [first, second].map(|object| object.try_acquire().unwrap());
    thread::scope(|scope| {
        for (guard, other) in held.into_iter().zip([second, first]) {
            scope.spawn(move || {
                // Without `guard` the wait for its object would end, and the other's begin. It must not be needed.
                until(|| other.try_acquire().is_err());
                drop(guard);
            });
        }
        wait_all([first, second]);
    });
    assert!(first.is_run_down() && second.is_run_down());
}

#[test]
fn every_holder_is_waited_for() {
    const HOLDERS: usize = 4;
    let objects: Vec<Box<CacheAwareRundownRef<Chosen, Yield>>> =
        (0..HOLDERS).map(|_| CacheAwareRundownRef::boxed(2).unwrap()).collect();
    let done = [const { AtomicBool::new(false) }; HOLDERS];
    let turn = Mutex::new(0);
    thread::scope(|scope| {
        for (number, object) in objects.iter().enumerate() {
            let guard = object.try_acquire().unwrap();
            let (objects, done, turn) = (&objects, &done, &turn);
            scope.spawn(move || {
                until(|| objects.iter().all(|object| object.is_running_down()));
                // The last one first, so that each is waited for while some behind it are done.
                until(|| *turn.lock().unwrap() == HOLDERS - 1 - number);
                done[number].store(true, Relaxed);
                drop(guard);
                *turn.lock().unwrap() += 1;
            });
        }
        wait_all(&objects);
        assert!(done.iter().all(|done| done.load(Relaxed)));
        assert!(objects.iter().all(|object| object.is_run_down()));
    });
}

#[test]
fn the_error_counts_the_holds_of_the_first_that_is_late() {
    let objects = plain::<3>();
    let two = objects[1].try_acquire_n(2).unwrap();
    let three = objects[2].try_acquire_n(3).unwrap();
    let late = || wait_all_until(&objects, at_once()).map_err(|error| error.outstanding);
    assert_eq!(late(), Err(Some(2)));
    drop(two);
    assert_eq!(late(), Err(Some(3)));
    drop(three);
    assert_eq!(wait_all_until(&objects, soon()), Ok(()));
}

#[test]
fn none_are_done_at_once() {
    let none: [Plain; 0] = plain();
    wait_all(&none);
    assert_eq!(wait_all_until(&none, at_once()), Ok(()));
}

#[test]
fn whatever_gives_references_twice_will_do() {
    let [array, vector, boxed, field, twice, mapped] = plain();
    let objects = [array];
    wait_all(&objects);
    let vector = vec![vector];
    wait_all(&vector);
    let boxed = Box::new(boxed);
    wait_all([&boxed]);
    let fields = [(1, field)];
    wait_all(fields.iter().map(|(_, object)| object));
    wait_all([&twice, &twice]);
    let map = BTreeMap::from([(1, mapped)]);
    wait_all(map.values());
    let all = [&objects[0], &vector[0], &*boxed, &fields[0].1, &twice, &map[&1]];
    assert!(all.iter().all(|object| object.is_run_down()));
}

#[test]
fn one_that_was_released_too_often_panics_after_those_before_it_have_begun() {
    let broken = Box::new(StaticRundownRef::<Chosen, 2, Yield>::new());
    // SAFETY: nothing hangs on this object's count.
    unsafe { broken.release_n(1) };
    let first = StaticRundownRef::new();
    let guard = first.try_acquire().unwrap();
    // Panics before it waits for the first one, which would be late.
    let wait = || wait_all_until([&first, &*broken], at_once());
    assert!(catch_unwind(AssertUnwindSafe(wait)).is_err());
    assert!(first.is_running_down());
    drop(guard);
    common::finish(broken);
}
