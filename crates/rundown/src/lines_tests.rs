//! Unit tests that set counters by hand: what they add to a sum, and what they leave to a slot.

use super::*;
use crate::error::{AcquireError, OverRelease};
use crate::limits::{MAX_COUNT, MAX_EVER, MAX_HOLDERS, MAX_SLOTS, NEAR};
use crate::object::Object;
use crate::operations;
use crate::park::Spin;
use crate::restartable::{RestartableRundownRef, StaticRestartableRundownRef};
use crate::rundown::Rundown;
use std::boxed::Box;
use std::vec::Vec;

type Counted<const N: usize> = StaticRestartableRundownRef<N, Spin>;

/// Most holds that a counter has, and one less is the fewest.
const MOST: isize = isize::MAX / HOLD;

fn counters(lines: &[SharedLine<Both>]) -> Vec<isize> {
    lines.iter().map(|line| line.get().counter.holds()).collect()
}

/// Puts `holds` into a counter.
fn put(line: &SharedLine<Both>, holds: isize) {
    line.get().counter.0.store((holds * HOLD) as usize, Ordering::Relaxed);
}

#[test]
fn counters_are_added_to_the_slots_whatever_their_signs() {
    let object = Counted::<4>::new();
    put(&object.slots[0], 5);
    put(&object.slots[1], MOST);
    put(&object.slots[2], -MOST - 1);
    object.slots[3].get().slot.0.store(3 * ONE, Ordering::Relaxed);
    assert!(!object.begin_run_down());
    assert_eq!(object.outstanding(), Some(7));
    assert_eq!(counters(&object.slots), [5, MOST, -MOST - 1, 0], "dead, and left as they are");
    // SAFETY: as many as were put there.
    unsafe { object.release_n(7) };
    assert!(object.is_run_down());
    object.reinitialize().unwrap();
    assert_eq!(counters(&object.slots), [0; 4]);
    assert!(object.begin_run_down());
}

#[test]
fn what_is_counted_beside_the_slots_counts_for_the_limit() {
    let object = Counted::<2>::new();
    let protocol = object.protocol();
    let far = MAX_HOLDERS * ONE - 2 * ONE;
    object.slots[0].get().slot.0.store(far, Ordering::Relaxed);
    let on_a_slot = || protocol.judge(protocol.acquire(0, 1).expect("far from zero"));
    assert_eq!(on_a_slot(), Ok(()));
    put(&object.slots[1], 2);
    assert_eq!(on_a_slot(), Err(AcquireError::TooMany));
    object.shared.get().stopped.0.store(1, Ordering::Relaxed);
    object.slots[0].get().slot.0.store(far, Ordering::Relaxed);
    assert_eq!(on_a_slot(), Ok(()), "what is dead does not");
    object.shared.get().stopped.0.store(0, Ordering::Relaxed);
    object.slots[0].get().slot.0.store(0, Ordering::Relaxed);
    put(&object.slots[1], 0);
}

#[test]
fn slots_and_counters_together_keep_the_sign_of_the_sum() {
    // A counter, from its lower end to its upper one, adds half of what a slot's window does.
    assert_eq!(2 * (MOST + 1), NEAR as isize / ONE as isize);
    let unchecked = MAX_SLOTS * (2 * NEAR + NEAR + 2 * MAX_COUNT * ONE);
    assert!(MAX_HOLDERS * ONE + unchecked < isize::MAX as usize);
    assert!((MAX_COUNT as isize).checked_mul(HOLD).is_some(), "no acquire overflows");
}

#[test]
fn more_holds_than_a_counter_has_are_released_on_a_slot() {
    let object = Counted::<3>::new();
    let most = (MOST + 1) as usize;
    for count in [most + 1, MAX_HOLDERS, MAX_EVER] {
        object.slots[1].get().slot.0.store(count.wrapping_mul(ONE), Ordering::Relaxed);
        // SAFETY: as many as were put there.
        unsafe { object.release_n(count) };
        assert_eq!(counters(&object.slots), [0; 3], "{count}");
        assert!(object.begin_run_down(), "{count}");
        object.reinitialize().unwrap();
    }
}

#[test]
fn a_full_counter_leaves_an_acquire_to_the_slot() {
    let object = RestartableRundownRef::<Spin>::boxed_with(1024).unwrap();
    object.slots.iter().for_each(|line| put(line, MOST));
    let guard = object.try_acquire().unwrap();
    assert_eq!(counters(&object.slots), [MOST; 1024]);
    let slots = object.slots.iter().map(|line| line.get().slot.0.load(Ordering::Relaxed));
    assert_eq!(slots.sum::<usize>(), ONE);
    drop(guard);
    object.slots.iter().for_each(|line| put(line, line.get().counter.holds() - MOST));
    assert!(object.begin_run_down(), "released beside the slot that it was taken on, or there");
}

#[test]
fn a_release_too_many_is_told_by_the_drain_also_of_one_slot() {
    let object = Box::new(Counted::<1>::new());
    put(&object.slots[0], 1);
    // SAFETY: too many, which must be told.
    unsafe { object.release_n(3) };
    let told = OverRelease { held: 0, released: 2 };
    assert_eq!(operations::begin(&*object), Err(told));
    assert_eq!(object.protocol().left(), Err(told));
    assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown);
    object.shared.get().outstanding.0.store(1, Ordering::Relaxed); // so that its drop says nothing
}

#[test]
fn a_refused_acquire_writes_nothing_after_the_sweep() {
    let object = Counted::<3>::new_run_down();
    let words = |object: &Counted<3>| std::format!("{:?} {:?}", object.shared, object.slots);
    let before = words(&object);
    assert!(before.contains("outstanding: ") && before.contains("counter: "), "{before}");
    for count in [0, 1, MAX_COUNT, MAX_COUNT + 1] {
        assert_eq!(object.try_acquire_n(count).unwrap_err(), AcquireError::RunDown);
    }
    assert_eq!(words(&object), before);
}

#[test]
fn a_hold_of_a_counter_may_be_released_on_the_only_slot() {
    let object = Counted::<1>::new();
    put(&object.slots[0], 1);
    assert_eq!(object.protocol().release(0, 1), None);
    assert!(object.begin_run_down());
}
