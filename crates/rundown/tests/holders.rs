//! Who holds it: the list is right after every way in which a hold changes hands.
#![cfg(feature = "holders")]

mod common;

use common::{Chosen, Yield, run_on};
use rundown::holders::{self, CAPACITY, Holder, Holders};
use rundown::{
    CacheAwareRundownRef, Checked, OwnedProtectedGuard, Park, Protected, Rundown, RundownGuard,
    RundownRef, SlotPool, StaticRundownRef,
};
use std::cell::Cell;
use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Arc, Mutex};

/// The table is one for all objects: only one of these tests fills it at a time.
static TABLE: Mutex<()> = Mutex::new(());

fn list(object: &(impl Rundown + ?Sized)) -> Vec<(u32, usize, usize, bool)> {
    let entry = |holder: Holder| (holder.site.line(), holder.slot, holder.count, holder.leaked);
    let mut all: Vec<_> = object.holders().map(entry).collect();
    all.sort_unstable();
    all
}

#[test]
fn every_guard_is_listed_with_its_call_site_and_slot() {
    let _alone = TABLE.lock();
    let object = StaticRundownRef::<Chosen, 4, Yield>::new();
    let other = RundownRef::<Yield>::with_park();
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
    let object = RundownRef::<Yield>::with_park();
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
    let object = RundownRef::<Yield>::with_park();
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
    let object = RundownRef::<Yield>::with_park();
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
    let object = RundownRef::<Yield>::with_park();
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
    let object = RundownRef::<Yield>::with_park();
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

/// How many holds are listed.
fn listed(object: &(impl Rundown + ?Sized)) -> usize {
    object.holders().map(|holder| holder.count).sum()
}

#[test]
fn a_forgotten_guard_leaves_the_list_when_its_holds_are_released_or_adopted() {
    let _alone = TABLE.lock();
    let object = StaticRundownRef::<Chosen, 3, Yield>::new();
    run_on(1);
    let (guard, line) = (object.try_acquire_n(5).unwrap(), line!());
    forget(guard);
    assert_eq!(list(&object), [(line, 1, 5, false)]);
    // SAFETY: two of the five.
    unsafe { object.release_n(2) };
    assert_eq!(list(&object), [(line, 1, 3, false)]);
    run_on(0); // whose entries come first
    // SAFETY: one of the three that are left.
    unsafe { object.checked_release_n(1).unwrap() };
    // SAFETY: the other two.
    let (adopted, line) = (unsafe { RundownGuard::adopt(&object, 2) }, line!());
    assert_eq!(list(&object), [(line, 0, 2, false)]);
    drop(adopted);
    assert_eq!(list(&object), []);
    assert!(object.begin_run_down());
}

#[test]
fn beside_a_guard_a_forgotten_one_is_told_by_its_count() {
    let _alone = TABLE.lock();
    let object = RundownRef::<Yield>::with_park();
    for most in [1, 9] {
        let (kept, line) = (object.try_acquire_n(most + 1).unwrap(), line!());
        forget(object.try_acquire_n(most).unwrap());
        // SAFETY: the forgotten ones.
        unsafe { object.release_n(most) };
        assert_eq!(list(&object), [(line, 0, most + 1, false)]);
        drop(kept);
        assert_eq!(list(&object), []);
    }
}

#[test]
fn beside_guards_of_any_count_as_many_holds_are_listed_as_there_are() {
    let _alone = TABLE.lock();
    let object = StaticRundownRef::<Chosen, 3, Yield>::new();
    let mut first = object.try_acquire_n(5).unwrap();
    forget(object.try_acquire_n(5).unwrap());
    let second = object.try_acquire_n(4).unwrap();
    // SAFETY: three of the five forgotten ones.
    unsafe { object.release_n(3) };
    assert_eq!(listed(&object), 11);
    let third = first.split(2).unwrap();
    assert_eq!(listed(&object), 11);
    first.merge(second).unwrap();
    assert_eq!(listed(&object), 11);
    drop(first);
    assert_eq!(listed(&object), 4);
    // SAFETY: the other two.
    unsafe { object.release_n(2) };
    assert_eq!(listed(&object), 2);
    drop(third);
    assert_eq!(list(&object), []);
    assert!(object.begin_run_down());
}

#[test]
fn what_one_object_takes_out_is_its_own() {
    let _alone = TABLE.lock();
    let (object, other) = (RundownRef::<Yield>::with_park(), RundownRef::<Yield>::with_park());
    let guard = other.try_acquire().unwrap();
    let leaked = other.try_acquire_n(2).unwrap().leak();
    let as_it_was = list(&other);
    assert_eq!(as_it_was.len(), 2);
    let count = object.try_acquire_n(2).unwrap().leak();
    // SAFETY: the leaked holds.
    unsafe { object.release_n(count) };
    forget(object.try_acquire().unwrap());
    // SAFETY: the forgotten hold.
    unsafe { object.release_n(1) };
    assert!(object.begin_run_down());
    object.reinitialize().unwrap();
    drop(object);
    assert_eq!(list(&other), as_it_was);
    drop(guard);
    // SAFETY: the leaked holds.
    unsafe { other.release_n(leaked) };
}

#[test]
fn a_guard_whose_entry_went_for_a_forgotten_one_leaves_its_next_owner_alone() {
    let _alone = TABLE.lock();
    let (object, other) = (RundownRef::<Yield>::with_park(), RundownRef::<Yield>::with_park());
    let [mut first, second] = [(); 2].map(|()| object.try_acquire().unwrap());
    let forgotten = [(); 2].map(|()| object.try_acquire().unwrap());
    forget(forgotten);
    // SAFETY: the forgotten ones.
    unsafe { object.release_n(2) };
    assert_eq!(listed(&object), 2);
    let others = [(); 2].map(|()| other.try_acquire().unwrap());
    first.merge(second).unwrap();
    assert_eq!((listed(&object), listed(&other)), (2, 2));
    let count = first.leak();
    assert!(list(&other).iter().all(|entry| !entry.3), "{:?}", list(&other));
    // SAFETY: the leaked holds.
    unsafe { object.release_n(count) };
    assert_eq!((listed(&object), listed(&other)), (0, 2));
    drop(others);
    assert_eq!(list(&other), []);
}

#[test]
fn a_split_that_is_refused_changes_no_entry() {
    let _alone = TABLE.lock();
    let object = RundownRef::<Yield>::with_park();
    let (mut guard, line) = (object.try_acquire_n(2).unwrap(), line!());
    for count in [0, 2, 3] {
        assert!(guard.split(count).is_none());
        assert_eq!(list(&object), [(line, 0, 2, false)], "split({count})");
    }
}

/// A place whose object is replaced by another one that knows nothing of it.
struct Place<T>(Option<T>);

impl<T> Place<T> {
    /// Replaces the object without dropping it.
    fn replace(&mut self, object: T) -> &mut T {
        forget(self.0.take());
        self.0.insert(object)
    }
}

#[test]
fn an_object_that_dies_leaves_no_holders_to_the_next_at_its_address() {
    let _alone = TABLE.lock();
    let mut place = Place(Some(RundownRef::<Yield>::with_park()));
    let object = place.0.as_ref().unwrap();
    let address = std::ptr::from_ref(object);
    forget(object.try_acquire().unwrap());
    assert_eq!(listed(object), 1);
    // It says that it is held, and dies nevertheless.
    catch_unwind(AssertUnwindSafe(|| place.0 = None)).unwrap_err();
    let next = place.replace(RundownRef::with_park());
    assert_eq!((std::ptr::from_ref(next), listed(next)), (address, 0));
}

#[test]
fn an_object_that_begins_anew_has_no_holders() {
    let _alone = TABLE.lock();
    let mut place = Place(Some(RundownRef::<Yield>::with_park()));
    for _ in 0..2 {
        forget(place.0.as_ref().unwrap().try_acquire().unwrap());
    }
    let next = place.replace(RundownRef::with_park());
    assert_eq!(listed(next), 2, "documented: it can't know that the former one is gone");
    assert!(next.begin_run_down());
    assert_eq!(listed(next), 0, "but what is run down, nobody holds");
    next.reinitialize().unwrap();
    assert_eq!(listed(next), 0);

    let mut place = Place(Some(Protected::<u8>::new(RundownRef::new(), 1)));
    forget(place.0.as_ref().unwrap().try_acquire().unwrap());
    let next = place.replace(Protected::empty(RundownRef::new()));
    next.put(2).unwrap();
    assert_eq!(next.holders().count(), 0);

    let mut memory = common::page();
    for _ in 0..2 {
        let object = CacheAwareRundownRef::<Chosen, Yield>::init_in(&mut memory.0, 2).unwrap();
        assert_eq!(listed(&*object), 0);
        forget(object.try_acquire().unwrap());
        assert_eq!(listed(&*object), 1);
    }
    // For the other tests: the memory goes, the entries would stay.
    CacheAwareRundownRef::<Chosen, Yield>::init_in(&mut memory.0, 2).unwrap();
}

/// Returns the address under which the table knows the object.
fn known_at(object: &(impl Rundown + ?Sized)) -> *const () {
    let text = object.holders().to_string();
    let address = text.split("at 0x").nth(1).and_then(|rest| rest.split(' ').next());
    ptr::without_provenance(usize::from_str_radix(address.unwrap(), 16).unwrap())
}

#[test]
fn a_protected_value_that_dies_leaves_no_holders_to_the_next_at_its_address() {
    let _alone = TABLE.lock();
    let mut place = Place(Some(Protected::<u8>::new(RundownRef::new(), 1)));
    for unwinds in [false, true] {
        let value = place.0.as_ref().unwrap();
        forget(value.try_acquire().unwrap());
        assert_eq!(value.holders().count(), 1);
        // It says that it is held, or, while the thread unwinds, says nothing, and dies nevertheless.
        let died = catch_unwind(AssertUnwindSafe(|| {
            struct Dies<'a>(&'a mut Option<Protected<u8>>);
            impl Drop for Dies<'_> {
                fn drop(&mut self) {
                    *self.0 = None;
                }
            }
            let _dies = Dies(&mut place.0);
            assert!(!unwinds, "the first panic");
        }));
        assert!(died.is_err());
        let next = place.replace(Protected::new(RundownRef::new(), 2));
        assert_eq!(next.holders().count(), 0, "unwinds: {unwinds}");
    }
}

#[test]
fn a_pool_that_dies_leaves_no_holders_of_objects_whose_handles_were_forgotten() {
    let _alone = TABLE.lock();
    let other = RundownRef::<Yield>::with_park();
    let kept = other.try_acquire().unwrap();
    let mut memory = common::page();
    let in_memory = SlotPool::<Chosen, Yield>::init_in(&mut memory.0, 2, 3).unwrap();
    for pool in [in_memory, SlotPool::new(2).unwrap()] {
        let object = pool.take().unwrap();
        let at = known_at(&*object);
        forget(object.try_acquire_n(2).unwrap());
        assert_eq!(Holders::of(at).map(|holder| holder.count).sum::<usize>(), 2);
        forget(object);
        drop(pool);
        assert_eq!(Holders::of(at).count(), 0);
    }
    assert_eq!(listed(&other), 1, "which lies elsewhere");
    drop(kept);
}

#[test]
fn an_object_of_a_new_pool_has_no_holders_of_the_pool_that_was_there_before() {
    let _alone = TABLE.lock();
    let mut memory = common::page();
    for _ in 0..2 {
        let pool = SlotPool::<Chosen, Yield>::init_in(&mut memory.0, 2, 3).unwrap();
        let objects = [(); 3].map(|()| pool.take().unwrap());
        assert_eq!(objects.each_ref().map(|object| listed(&**object)), [0; 3]);
        objects.iter().for_each(|object| forget(object.try_acquire().unwrap()));
        assert_eq!(objects.each_ref().map(|object| listed(&**object)), [1; 3]);
        forget(objects);
        forget(pool); // which owns no memory
    }
    // For the other tests: the memory goes, the entries would stay.
    drop(SlotPool::<Chosen, Yield>::init_in(&mut memory.0, 2, 3).unwrap());
}

#[test]
fn an_object_of_a_pool_is_given_back_without_holders_also_while_its_thread_unwinds() {
    let _alone = TABLE.lock();
    let pool = SlotPool::<Chosen, Yield>::new(2).unwrap();
    for unwinds in [false, true] {
        let object = pool.take().unwrap();
        let at = known_at(&*object);
        forget(object.try_acquire().unwrap());
        assert_eq!(Holders::of(at).count(), 1);
        let given_back = catch_unwind(AssertUnwindSafe(|| {
            let _object = object;
            assert!(!unwinds, "the first panic");
        }));
        assert!(given_back.is_err(), "it is held");
        assert_eq!(Holders::of(at).count(), 0, "unwinds: {unwinds}");
    }
}

#[test]
fn owned_guards_are_listed_by_who_took_them_and_leave_the_list_with_their_holds() {
    let _alone = TABLE.lock();
    let object = Arc::new(RundownRef::<Yield>::with_park());
    let (mut guard, line) = (object.try_acquire_owned().unwrap(), line!());
    guard.merge(object.try_acquire_owned().unwrap()).unwrap();
    assert_eq!(list(&*object), [(line, 0, 2, false)]);
    let part = guard.split(1).unwrap();
    assert_eq!(list(&*object), [(line, 0, 1, false), (line + 3, 0, 1, false)]);
    drop((guard, part));
    assert_eq!(list(&*object), []);

    let value = Arc::new(Protected::from(1));
    let (user, line) = (value.try_acquire_owned().unwrap(), line!());
    let user = OwnedProtectedGuard::map(user, |number| number);
    assert_eq!(value.holders().map(|holder| holder.site.line()).collect::<Vec<_>>(), [line]);
    drop(user);
    let inside = || value.holders().map(|holder| holder.site.line()).collect::<Vec<_>>();
    assert_eq!(value.try_access_with(|_| inside()), Some(vec![line!()]));
    assert_eq!(value.holders().count(), 0);
}

/// Begins the next round, and holds the object, as soon as it is told that the last hold is gone.
struct AtOnce;

static OBJECT: RundownRef<AtOnce> = RundownRef::with_park();

thread_local! {
    static NEXT: Cell<Option<RundownGuard<'static, RundownRef<AtOnce>>>> = const { Cell::new(None) };
}

impl Park for AtOnce {
    type Deadline = ();

    fn park_until(_: *const (), ready: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        ready()
    }

    fn unpark_all(_: *const ()) {
        if OBJECT.reinitialize().is_ok() {
            NEXT.set(OBJECT.try_acquire().ok());
        }
    }
}

#[test]
fn a_hold_leaves_the_list_before_it_is_released() {
    let _alone = TABLE.lock();
    type Release = fn(RundownGuard<'static, RundownRef<AtOnce>>);
    // SAFETY: the leaked hold, also below.
    let ways: [Release; 3] = [
        drop,
        |guard| unsafe { OBJECT.release_n(guard.leak()) },
        |guard| {
            // SAFETY: as above.
            unsafe { OBJECT.checked_release_n(guard.leak()).unwrap() }
        },
    ];
    for release in ways {
        let guard = OBJECT.try_acquire().unwrap();
        assert!(!OBJECT.begin_run_down());
        release(guard);
        let next = NEXT.take().expect("the release was the last one");
        assert_eq!(list(&OBJECT).len(), 1, "of the next round");
        drop(next);
        assert_eq!(list(&OBJECT), []);
    }
}

/// As a C interface uses the list: holds without guards, taken by threads that say where and who they are.
#[test]
fn a_caller_in_another_language_is_listed_by_its_own_place() {
    let _alone = TABLE.lock();
    let object = StaticRundownRef::<Chosen, 4, Yield>::new();
    let (known_as, here) = (0x1234_usize, ptr::without_provenance(0x1234));
    let take = |count, line, taker| {
        let site = (line > 0).then_some((c"a file.c", line));
        let place = holders::Place { known_as, site, taker };
        object.try_acquire_n_at(count, place).map(RundownGuard::leak).unwrap()
    };
    // SAFETY: of the holds that were taken above.
    let give_back = |count, taker| unsafe { object.checked_release_n_by(count, taker) };
    let left = || {
        let line =
            |holder: Holder| holder.place.and_then(|place| place.site).map_or(0, |site| site.1);
        let mut left: Vec<_> =
            Holders::known_as(here).map(|holder| (line(holder), holder.count)).collect();
        left.sort_unstable();
        left
    };
    run_on(2);
    take(1, 10, 1);
    run_on(0); // entries of this core come before those of core 2
    take(2, 20, 1);
    take(1, 30, 2);
    assert_eq!(left(), [(10, 1), (20, 2), (30, 1)]);
    assert_eq!(object.holders().count(), 3);
    let text = Holders::known_as(here).to_string();
    assert!(text.starts_with("run-down object at 0x1234 is held by:\n"), "{text}");
    assert!(text.contains("\n  1 hold, slot 2, taken at a file.c:10"), "{text}");
    give_back(1, 1).unwrap(); // the latest of its own
    assert_eq!(left(), [(10, 1), (20, 1), (30, 1)]);
    give_back(2, 1).unwrap(); // more than the latest entry has
    assert_eq!(left(), [(30, 1)]);
    take(1, 0, 3);
    assert!(
        Holders::known_as(here).to_string().contains("taken by a caller who does not say where")
    );
    give_back(1, 1).unwrap(); // it has none: another's
    assert_eq!(left().len(), 1);
    give_back(1, 2).unwrap();
    assert_eq!(left(), []);
    // An entry that has had a place, and is a guard's now.
    let guard = object.try_acquire().unwrap();
    assert_eq!(left(), []);
    assert!(object.holders().all(|holder| holder.place.is_none()));
    drop(guard);
    let refused = holders::Place { known_as, site: None, taker: 1 };
    object.wait();
    assert!(object.try_acquire_n_at(1, refused).is_err() && left().is_empty());
}
