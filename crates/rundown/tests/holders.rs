//! Who holds it: the list is right after every way in which a hold changes hands.
#![cfg(feature = "holders")]

mod common;

use common::{Chosen, Yield, run_on};
use rundown::holders::{CAPACITY, Holder};
use rundown::{Protected, Rundown, RundownGuard, RundownRef, StaticRundownRef};
use std::sync::Mutex;

/// The table is one for all objects: only one of these tests fills it at a time.
static TABLE: Mutex<()> = Mutex::new(());

fn list(object: &impl Rundown) -> Vec<(u32, usize, usize, bool)> {
    let entry = |holder: Holder| (holder.site.line(), holder.slot, holder.count, holder.leaked);
    let mut all: Vec<_> = object.holders().map(entry).collect();
    all.sort_unstable();
    all
}

#[test]
fn every_guard_is_listed_with_its_call_site_and_slot() {
    let _alone = TABLE.lock();
    let object = StaticRundownRef::<Chosen, 4, Yield>::new();
    let other = RundownRef::<Yield>::new();
    run_on(3);
    let (one, line) = (object.try_acquire().unwrap(), line!());
    run_on(1);
    let two = object.try_acquire_n(2).unwrap();
    let elsewhere = other.try_acquire().unwrap();
    assert_eq!(list(&object), [(line, 3, 1, false), (line + 2, 1, 2, false)]);
    let report = object.holders().to_string();
    assert!(report.starts_with("run-down object at 0x"), "{report}");
    let expected = format!("\n  1 hold, slot 3, taken at {}:{line}:", file!());
    assert!(report.contains(&expected), "{report}");
    assert!(report.contains("\n  2 holds, slot 1, taken at "), "{report}");
    drop(one);
    assert_eq!(list(&object), [(line + 2, 1, 2, false)]);
    drop((two, elsewhere));
    assert_eq!(list(&object), []);
    assert!(!object.holders().to_string().contains("taken at"));
    assert!(object.try_acquire_n(0).is_ok_and(|_| list(&object).is_empty()), "0 holds nothing");
    run_on(0);
}

#[test]
fn a_late_drain_can_print_who_is_left() {
    let _alone = TABLE.lock();
    let object = RundownRef::<Yield>::new();
    let kept = object.try_acquire().unwrap();
    let late = object.wait_until(common::at_once()).unwrap_err();
    let report = late.to_string();
    assert_eq!(report, format!("the run-down timed out with 1 hold left\n{}", object.holders()));
    assert!(report.starts_with("the run-down timed out with 1 hold left\nrun-down object at"));
    assert!(report.contains(file!()), "{report}");
    assert!(object.try_acquire().is_err());
    assert_eq!(list(&object).len(), 1, "a refused acquire is not listed");
    drop(kept);
}

#[test]
fn leaked_holds_stay_listed_until_they_are_adopted_or_released() {
    let _alone = TABLE.lock();
    let object = RundownRef::<Yield>::new();
    let (count, line) = (object.try_acquire_n(5).unwrap().leak(), line!());
    assert_eq!(list(&object), [(line, 0, 5, true)]);
    assert!(object.holders().to_string().contains(" and leaked"));
    // SAFETY: two of the leaked holds.
    let adopted = unsafe { RundownGuard::adopt(&object, 2) };
    assert_eq!(list(&object), [(line, 0, count - 2, true), (line + 4, 0, 2, false)]);
    // SAFETY: one of the three that are left.
    unsafe { object.release_n(1) };
    assert_eq!(list(&object)[0], (line, 0, 2, true));
    drop(adopted);
    // SAFETY: the last two.
    unsafe { object.release_n(2) };
    assert_eq!(list(&object), []);
    assert!(object.begin_run_down());
}

#[test]
fn a_release_settles_leaked_holds_over_several_entries_and_no_more_than_it_gives_back() {
    let _alone = TABLE.lock();
    let object = RundownRef::<Yield>::new();
    let kept = object.try_acquire_n(9).unwrap();
    let counts = [2, 5].map(|count| object.try_acquire_n(count).unwrap().leak());
    // SAFETY: five of the seven leaked holds.
    unsafe { object.release_n(5) };
    let left: Vec<_> = list(&object).into_iter().map(|entry| (entry.2, entry.3)).collect();
    assert_eq!(left.iter().filter(|entry| entry.1).map(|entry| entry.0).sum::<usize>(), 2);
    assert!(left.contains(&(9, false)), "the guard keeps its own: {left:?}");
    // SAFETY: the rest of them.
    unsafe { object.release_n(counts[0] + counts[1] - 5) };
    drop(kept);
    assert!(list(&object).is_empty() && object.begin_run_down());
}

#[test]
fn a_split_makes_an_entry_and_a_merge_keeps_one_also_that_of_the_guard_taken_in() {
    let _alone = TABLE.lock();
    let object = RundownRef::<Yield>::new();
    let mut all = object.try_acquire_n(0).unwrap();
    let line = line!() + 1;
    all.merge(object.try_acquire_n(5).unwrap()).unwrap();
    all.merge(object.try_acquire_n(0).unwrap()).unwrap();
    assert_eq!(list(&object), [(line, 0, 5, false)]);
    let part = all.split(2).unwrap();
    assert_eq!(list(&object), [(line, 0, 3, false), (line + 3, 0, 2, false)]);
    all.merge(part).unwrap();
    assert_eq!(list(&object), [(line, 0, 5, false)]);
    drop(all);
    assert!(list(&object).is_empty() && object.begin_run_down());
}

#[test]
fn protected_lists_its_users() {
    let _alone = TABLE.lock();
    let value = Protected::<u8>::new(RundownRef::new(), 1);
    let (user, line) = (value.try_acquire().unwrap(), line!());
    assert_eq!(value.holders().next().unwrap().site.line(), line);
    drop(user);
    assert_eq!(value.holders().count(), 0);
}

#[test]
fn a_full_table_loses_names_but_no_holds() {
    let _alone = TABLE.lock();
    let object = RundownRef::<Yield>::new();
    let before = rundown::holders::unrecorded();
    for _ in 0..=CAPACITY {
        let count = object.try_acquire().unwrap().leak();
        // SAFETY: the leaked hold.
        unsafe { object.release_n(count) };
    }
    assert_eq!(rundown::holders::unrecorded(), before, "free again once released");
    let guards: Vec<_> = (0..CAPACITY + 3).map(|_| object.try_acquire().unwrap()).collect();
    assert_eq!(list(&object).len(), CAPACITY);
    assert_eq!(rundown::holders::unrecorded(), before + 3);
    assert!(object.holders().to_string().contains("the table was full for"));
    object.begin_run_down();
    assert_eq!(object.outstanding(), Some(CAPACITY + 3));
    drop(guards);
    assert!(object.is_run_down());
    assert_eq!(list(&object), []);
}
