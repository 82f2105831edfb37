//! The twelve decisions for where the original's documentation is silent, on every form.
//!
//! Each test is named after the sentence that it checks and starts with the decision's number. Decisions
//! 11 and 12 are tested in `interrupts.rs`. One long file, as the decisions are one list.

mod common;

use common::{Chosen, Yield, on_every_form, page, run_on};
use rundown::{AcquireError, InitError, NotRunDown, Park, Rundown, RundownRef, StaticRundownRef};
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

type CacheAware = rundown::CacheAwareRundownRef<Chosen, Yield>;

/// Runs `act`, which must panic, and returns what it says.
fn message_of(act: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(act)).expect_err("no panic");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().unwrap().to_string(),
    }
}

/// A value that several threads reach without any lock, as users of a protected object do.
struct Plain(UnsafeCell<u64>);
// SAFETY: the tests order the accesses by the object under test; Miri checks that they do.
unsafe impl Sync for Plain {}

on_every_form! {
    fn d01_acquire_of_0_tells_whether_the_object_is_live_and_takes_nothing(object) {
        let none = object.try_acquire_n(0).unwrap();
        assert_eq!(none.count(), 0);
        assert!(object.begin_run_down(), "nothing was taken");
        drop(none);
        assert_eq!(object.try_acquire_n(0).unwrap_err(), AcquireError::RunDown);
        // SAFETY: gives nothing back.
        unsafe { object.release_n(0) };
        assert_eq!(object.outstanding(), Some(0));
    }

    fn d02_releasing_more_than_was_acquired_is_reported_at_the_latest_by_the_drain(object) {
        let _ = object.try_acquire_n(2).unwrap().leak();
        let text = message_of(|| {
            // SAFETY: not kept, that is the test. Nothing is protected by the object.
            unsafe { object.release_n(3) };
            object.begin_run_down();
        });
        assert!(text.contains("released more than was acquired"), "{text}");
        assert!(text.starts_with("run-down object at 0x"), "{text}");
        assert!(text.contains("released with"), "{text}");
        let _ = catch_unwind(AssertUnwindSafe(|| object.begin_run_down()));
        // Mended where it was noticed by the release: then the two are still held.
        if catch_unwind(AssertUnwindSafe(|| object.outstanding())).is_ok() {
            // SAFETY: the two holds.
            unsafe { object.release_n(2) };
            assert!(object.is_run_down());
        } else {
            assert!(object.try_acquire().is_err());
            let text = message_of(|| object.wait());
            assert!(text.contains("(1 released with 0 held)"), "every later call says so: {text}");
        }
    }

    fn d02_one_release_too_many_never_makes_a_run_down_object_acquirable(object) {
        drop(object.try_acquire().unwrap());
        object.wait();
        let counts = [1, usize::MAX / 2 + 1, 2, usize::MAX / 4, usize::MAX];
        // A panic is slow under Miri; what the counts do to the words is the same there.
        for &count in &counts[..if cfg!(miri) { 2 } else { 5 }] {
            let text = message_of(|| {
                // SAFETY: not kept, that is the test. Nothing is protected by the object.
                unsafe { object.release_n(count) };
            });
            assert!(text.ends_with(&format!("({count} released with 0 held)")), "{text}");
            assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown);
            assert!(object.is_run_down());
        }
        object.wait();
        object.reinitialize().unwrap();
        let one = object.try_acquire().unwrap();
        object.begin_run_down();
        assert_eq!(object.outstanding(), Some(1), "the next round counts right");
        drop(one);
    }

    fn d03_any_ulong_count_is_safe_and_an_acquire_that_would_overflow_is_refused(object) {
        let most = rundown::MAX_COUNT;
        let one = object.try_acquire_n(most).unwrap();
        let two = object.try_acquire_n(most).unwrap();
        for count in [most + 1, usize::MAX / 2 + 1, usize::MAX] {
            assert_eq!(object.try_acquire_n(count).unwrap_err(), AcquireError::TooMany);
        }
        object.begin_run_down();
        assert_eq!(object.outstanding(), Some(2 * most));
        drop(one);
        assert_eq!(object.outstanding(), Some(most));
        drop(two);
        assert!(object.is_run_down());
    }

    fn d04_any_number_of_threads_wait_and_return_but_none_before_the_last_release(object) {
        let waiters = if cfg!(miri) { 2 } else { 6 };
        for _ in 0..2 {
            let released = AtomicUsize::new(0);
            let guards = [object.try_acquire().unwrap(), object.try_acquire().unwrap()];
            let ready = Barrier::new(waiters + 1);
            thread::scope(|threads| {
                for _ in 0..waiters {
                    threads.spawn(|| {
                        ready.wait();
                        object.wait();
                        assert_eq!(released.load(SeqCst), 2, "returned before the last release");
                        object.wait();
                    });
                }
                ready.wait();
                for guard in guards {
                    thread::sleep(Duration::from_millis(5));
                    released.fetch_add(1, SeqCst);
                    drop(guard);
                }
            });
            object.reinitialize().unwrap();
        }
    }

    fn d06_acquire_on_one_core_and_release_on_another_is_legal_also_during_a_drain(object) {
        for round in 0..if cfg!(miri) { 2 } else { 8 } {
            run_on(round);
            let before = object.try_acquire_n(3).unwrap();
            let moved = object.try_acquire().unwrap();
            thread::scope(|threads| {
                threads.spawn(move || {
                    run_on(round + 1);
                    drop(moved);
                });
            });
            assert!(!object.begin_run_down());
            assert_eq!(object.outstanding(), Some(3));
            run_on(round + 2);
            drop(before);
            assert!(object.is_run_down());
            object.reinitialize().unwrap();
        }
        run_on(0);
    }

    fn d07_any_core_number_is_fine_with_any_number_of_slots(object) {
        for core in [0, 1, 2, 3, 4, 5, 17, 511, 65_535, usize::MAX] {
            run_on(core);
            drop(object.try_acquire().unwrap());
        }
        run_on(0);
        object.wait();
    }

    fn d08_reinitialize_of_an_object_that_is_not_run_down_is_refused(object) {
        assert_eq!(object.reinitialize(), Err(NotRunDown), "live");
        let guard = object.try_acquire().expect("still live");
        object.begin_run_down();
        assert_eq!(object.reinitialize(), Err(NotRunDown), "held");
        assert!(object.try_acquire().is_err(), "still running down");
        drop(guard);
        assert_eq!(object.reinitialize(), Ok(()));
        assert_eq!(object.reinitialize(), Err(NotRunDown), "live again");
    }

    fn d09_what_a_holder_did_happens_before_the_return_of_every_wait(object) {
        let data = Plain(UnsafeCell::new(0));
        let started = Barrier::new(4);
        let seen = thread::scope(|threads| {
            let (started, data) = (&started, &data);
            for core in 0..2 {
                threads.spawn(move || {
                    run_on(core);
                    let guard = object.try_acquire();
                    started.wait();
                    if core == 0 {
                        // SAFETY: nobody reads before the waits return, which our guard delays.
                        unsafe { *data.0.get() = 7 };
                    }
                    run_on(core + 1);
                    drop(guard);
                });
            }
            let look = || {
                started.wait();
                object.wait();
                // SAFETY: the writer has released, and the wait has returned.
                unsafe { *data.0.get() }
            };
            let other = threads.spawn(look);
            [look(), other.join().unwrap()]
        });
        assert_eq!(seen, [7, 7]);
    }
}

/// Returns whether memory that was filled with 0xa5 is as it was.
fn untouched(memory: &[MaybeUninit<u8>]) -> bool {
    // SAFETY: filled, so initialised; `u8` has the same layout. One comparison, for Miri's sake.
    let bytes = unsafe { std::slice::from_raw_parts(memory.as_ptr().cast::<u8>(), memory.len()) };
    bytes == &[0xa5; 4096][..memory.len()]
}

#[test]
fn d05_a_buffer_that_is_null_too_small_or_misaligned_is_an_error_and_stays_untouched() {
    let needed = CacheAware::layout(3).unwrap().size();
    let mut memory = page();
    memory.0.fill(MaybeUninit::new(0xa5));
    for given in [0, 1, needed / 2, needed - 1] {
        let error = CacheAware::init_in(&mut memory.0[..given], 3).unwrap_err();
        assert_eq!(error, InitError::TooSmall { needed, given });
    }
    for offset in [1, 8, rundown::CACHE_LINE / 2, rundown::CACHE_LINE + 1] {
        let address = memory.0[offset..].as_ptr().addr();
        let error = CacheAware::init_in(&mut memory.0[offset..], 3).unwrap_err();
        assert_eq!(error, InitError::Misaligned { address });
    }
    assert!(untouched(&memory.0));
    // SAFETY: null is allowed, that is the test.
    let error = unsafe { CacheAware::init_at(std::ptr::null_mut(), 4096, 3) }.unwrap_err();
    assert_eq!(error, InitError::Null);
}

#[test]
fn d05_a_larger_buffer_is_accepted_and_its_rest_is_untouched() {
    let size = CacheAware::layout(2).unwrap().size();
    let mut memory = page();
    memory.0.fill(MaybeUninit::new(0xa5));
    CacheAware::init_in(&mut memory.0, 2).unwrap().wait();
    assert!(untouched(&memory.0[size..]));
}

#[test]
fn d07_the_number_of_slots_is_the_owners_choice_within_bounds() {
    for slots in [0, rundown::MAX_SLOTS + 1, usize::MAX] {
        assert_eq!(CacheAware::layout(slots), Err(InitError::SlotCount { slots }));
        assert_eq!(
            CacheAware::init_in(&mut page().0, slots).unwrap_err(),
            InitError::SlotCount { slots }
        );
        #[cfg(feature = "alloc")]
        assert_eq!(CacheAware::boxed(slots).unwrap_err(), InitError::SlotCount { slots });
    }
    assert!(CacheAware::layout(1).is_ok());
    assert!(CacheAware::layout(rundown::MAX_SLOTS).is_ok());
}

#[test]
fn d07_a_cores_slot_is_its_index_modulo_the_number_of_slots() {
    let object = StaticRundownRef::<Chosen, 3>::new();
    for index in 0..12 {
        assert_eq!(object.slot_address(index), object.slot_address(index % 3));
    }
    // SAFETY: the address of a slot, whose first word is atomic.
    let word = |slot| unsafe { &*object.slot_address(slot).cast::<AtomicUsize>() }.load(SeqCst);
    run_on(4);
    let guard = object.try_acquire().unwrap();
    assert_eq!([0, 1, 2].map(word), [0, 2, 0]);
    run_on(2);
    drop(guard);
    assert_eq!([0, 1, 2].map(word), [0, 2, 0_usize.wrapping_sub(2)], "on its own core's slot");
    run_on(0);
}

#[test]
fn d07_no_two_slots_share_a_cache_line() {
    let object = StaticRundownRef::<Chosen, 4>::new();
    // The word that waiters watch is on a line of its own, too.
    let mut before = std::ptr::from_ref(&object).addr();
    for slot in 0..4 {
        let address = object.slot_address(slot).addr();
        assert_eq!(address % rundown::CACHE_LINE, 0);
        assert_eq!(address - before, rundown::CACHE_LINE);
        before = address;
    }
}

#[test]
fn d08_drop_of_an_object_that_is_held_is_detected() {
    let text = message_of(|| {
        let object = RundownRef::<Yield>::with_park();
        let _ = object.try_acquire_n(2).unwrap().leak();
        drop(object);
    });
    assert!(text.contains("dropped while 2 holds are outstanding"), "{text}");
    let text = message_of(|| {
        let object = StaticRundownRef::<Chosen, 2, Yield>::new();
        let _ = object.try_acquire().unwrap().leak();
        drop(object);
    });
    assert!(text.contains("dropped while 1 hold is outstanding"), "{text}");
}

#[test]
fn d08_drop_of_an_object_that_was_released_too_often_is_detected() {
    let text = message_of(|| {
        let object = StaticRundownRef::<Chosen, 2, Yield>::new();
        // SAFETY: not kept, that is the test. Nothing is protected by the object.
        unsafe { object.release_n(1) };
    });
    assert!(text.contains("released more than was acquired (1 released with 0 held)"), "{text}");
}

/// The waiter frees an object that two threads have used. Miri reports every access after the free, and
/// every reference that would forbid it.
fn d10_the_waiter_frees_the_memory_at_once<R>(new: impl Fn() -> Box<R>)
where
    R: Rundown + Send + ?Sized + 'static,
{
    for round in 0..if cfg!(miri) { 2 } else { 100 } {
        let object = Box::into_raw(new());
        // SAFETY: live until the wait below has returned, which the guards delay.
        let guards = [0, 1].map(|_| unsafe { &*object }.try_acquire().unwrap());
        let users = guards.map(|guard| {
            thread::spawn(move || {
                run_on(round);
                drop(guard);
            })
        });
        // SAFETY: run down after the wait, so this thread is the only one that uses it.
        unsafe {
            (*object).wait();
            drop(Box::from_raw(object));
        }
        users.into_iter().for_each(|user| user.join().unwrap());
    }
}

mod d10_the_waiter_frees_the_memory_at_once {
    use super::d10_the_waiter_frees_the_memory_at_once as check;
    use super::*;

    #[test]
    fn plain() {
        check(|| Box::new(RundownRef::<Yield>::with_park()));
    }

    #[test]
    fn cache_aware_with_constant_slots() {
        check(|| Box::new(StaticRundownRef::<Chosen, 2, Yield>::new()));
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn cache_aware_with_as_many_slots_as_wanted() {
        check(|| CacheAware::boxed(2).unwrap());
    }
}
