//! The contract, row by row, on every form of the object.
//!
//! Each test is named after the sentence that it checks. The numbered decisions, for where the
//! original's documentation is silent, stand in `decisions.rs`. One long file, as the contract is one table.

mod common;

use common::{Chosen, Yield, at_once, on_every_form, page, run_on, soon};
use rundown::{AcquireError, NotRunDown, Park, Rundown, RundownGuard};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

on_every_form! {
    fn initialize_makes_the_count_zero(object) {
        assert!(!object.is_run_down());
        assert_eq!(object.outstanding(), None, "not counted before a run-down");
        assert!(object.begin_run_down(), "nobody is inside");
        assert_eq!(object.outstanding(), Some(0));
    }

    fn acquire_is_false_once_run_down_has_started(object) {
        let first = object.try_acquire().unwrap();
        let second = object.try_acquire().unwrap();
        assert!(!object.begin_run_down());
        assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown);
        drop(first);
        assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown);
        drop(second);
        assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown);
        assert!(object.is_run_down());
    }

    fn acquire_ex_adds_its_count_and_only_if_true(object) {
        let five = object.try_acquire_n(5).unwrap();
        assert_eq!(five.count(), 5);
        let two = object.try_acquire_n(2).unwrap();
        object.begin_run_down();
        assert_eq!(object.outstanding(), Some(7));
        assert_eq!(object.try_acquire_n(9).unwrap_err(), AcquireError::RunDown);
        assert_eq!(object.outstanding(), Some(7));
        drop(two);
        assert_eq!(object.outstanding(), Some(5));
        drop(five);
        assert_eq!(object.outstanding(), Some(0));
    }

    fn release_undoes_one_acquire(object) {
        for _ in 0..3 {
            drop(object.try_acquire().unwrap());
        }
        let kept = object.try_acquire().unwrap();
        drop(object.try_acquire().unwrap());
        assert!(!object.begin_run_down());
        assert_eq!(object.outstanding(), Some(1));
        drop(kept);
        assert!(object.is_run_down());
    }

    fn release_ex_amounts_are_arbitrary(object) {
        assert_eq!(object.try_acquire_n(3).unwrap().leak(), 3);
        for _ in 0..3 {
            // SAFETY: one of the three leaked holds each.
            unsafe { object.release_n(1) };
        }
        for _ in 0..4 {
            let _ = object.try_acquire().unwrap().leak();
        }
        // SAFETY: the four leaked holds, in two amounts.
        unsafe { object.release_n(3) };
        object.begin_run_down();
        assert_eq!(object.outstanding(), Some(1));
        // SAFETY: the last of the four.
        unsafe { object.release_n(1) };
        assert!(object.is_run_down());
    }

    fn wait_refuses_new_grants_and_waits_for_the_old_ones(object) {
        let returned = AtomicBool::new(false);
        let guard = object.try_acquire().unwrap();
        thread::scope(|threads| {
            threads.spawn(|| {
                object.wait();
                returned.store(true, SeqCst);
            });
            while object.try_acquire().is_ok() {
                thread::yield_now();
            }
            for _ in 0..if cfg!(miri) { 3 } else { 20 } {
                assert!(object.try_acquire().is_err());
                assert!(!returned.load(SeqCst), "returned while held");
                thread::sleep(Duration::from_millis(1));
            }
            drop(guard);
        });
        assert!(returned.load(SeqCst));
    }

    fn wait_with_none_outstanding_becomes_run_down_and_returns_at_once(object) {
        drop(object.try_acquire().unwrap());
        object.wait();
        assert!(object.is_run_down());
        assert!(object.try_acquire().is_err());
    }

    fn wait_on_a_run_down_object_has_no_effect_and_is_no_error_also_after_rundown_completed(object) {
        object.wait();
        for _ in 0..3 {
            object.wait();
            assert_eq!(object.wait_until(at_once()), Ok(()));
            assert!(object.try_acquire().is_err());
            assert_eq!(object.completed(), Ok(()), "several times is fine");
            assert_eq!(object.outstanding(), Some(0));
        }
        assert!(object.is_run_down());
    }

    fn wait_again_after_a_wait_that_blocked_has_no_effect(object) {
        let guard = object.try_acquire().unwrap();
        thread::scope(|threads| {
            let waiter = threads.spawn(|| object.wait());
            while object.try_acquire().is_ok() {
                thread::yield_now();
            }
            drop(guard);
            waiter.join().unwrap();
        });
        object.wait();
        object.completed().unwrap();
        object.wait();
        assert!(object.is_run_down());
    }

    fn wait_with_a_deadline_gives_up_with_the_holds_that_are_left(object) {
        let mut guard = object.try_acquire_n(3).unwrap();
        let late = object.wait_until(at_once()).unwrap_err();
        assert_eq!(late.outstanding, Some(3));
        assert!(late.to_string().starts_with("the run-down timed out with 3 holds left"), "{late}");
        drop(guard.split(1));
        assert_eq!(object.wait_until(at_once()).unwrap_err().outstanding, Some(2));
        drop(guard);
        assert_eq!(object.wait_until(soon()), Ok(()), "the run-down went on");
    }

    fn rundown_completed_runs_down_what_nobody_holds(object) {
        for _ in 0..2 {
            assert_eq!(object.completed(), Ok(()));
            assert!(object.is_run_down());
            assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown);
            object.wait();
            object.reinitialize().unwrap();
        }
    }

    fn rundown_completed_of_what_is_held_is_refused(object) {
        let guard = object.try_acquire().unwrap();
        for _ in 0..2 {
            assert_eq!(object.completed(), Err(NotRunDown));
            assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown);
        }
        drop(guard);
        assert_eq!(object.completed(), Ok(()));
    }

    fn after_reinitialize_acquire_can_succeed_again(object) {
        for round in 0..4 {
            let guard = object.try_acquire_n(round + 1).unwrap();
            assert!(!object.begin_run_down());
            assert_eq!(object.outstanding(), Some(round + 1), "a fresh count in every round");
            drop(guard);
            object.wait();
            if round % 2 == 0 {
                object.completed().unwrap();
            }
            assert!(object.try_acquire().is_err());
            object.reinitialize().unwrap();
            assert!(!object.is_run_down());
        }
    }

    fn rounds_with_users_that_migrate_between_cores_end_with_every_user_out(object) {
        let rounds = if cfg!(miri) { 2 } else { 10 };
        let start = Barrier::new(4);
        let inside = std::sync::atomic::AtomicUsize::new(0);
        thread::scope(|threads| {
            for core in 0..3 {
                let (start, inside) = (&start, &inside);
                threads.spawn(move || {
                    run_on(core);
                    for _ in 0..rounds {
                        start.wait();
                        while let Ok(guard) = object.try_acquire() {
                            inside.fetch_add(1, SeqCst);
                            run_on(core + 1);
                            inside.fetch_sub(1, SeqCst);
                            drop(guard);
                            run_on(core);
                        }
                        start.wait();
                    }
                });
            }
            for _ in 0..rounds {
                start.wait();
                thread::yield_now();
                object.wait();
                assert_eq!(inside.load(SeqCst), 0, "returned while a user was inside");
                start.wait();
                object.reinitialize().unwrap();
            }
        });
    }

    fn resurrect_takes_the_run_down_back_while_holds_are_left(object) {
        let old = object.try_acquire_n(2).unwrap();
        assert_eq!(object.resurrect(), Err(NotRunDown), "no run-down to take back");
        object.begin_run_down();
        assert_eq!(object.reinitialize(), Err(NotRunDown), "re-initialise is for nobody left");
        object.resurrect().unwrap();
        let new = object.try_acquire().expect("live again");
        assert!(!object.begin_run_down());
        assert_eq!(object.outstanding(), Some(3), "old and new holds are counted");
        drop(old);
        assert!(!object.is_run_down());
        drop(new);
        assert!(object.is_run_down());
        object.resurrect().expect("as reinitialize when nobody is left");
        assert!(object.try_acquire().is_ok());
    }

    fn a_guard_splits_and_merges_without_changing_the_sum(object) {
        let mut whole = object.try_acquire_n(5).unwrap();
        whole.merge(object.try_acquire_n(3).unwrap()).unwrap();
        let part = whole.split(2).unwrap();
        assert_eq!((whole.count(), part.count()), (6, 2));
        for count in [0, 6, 7] {
            assert!(whole.split(count).is_none(), "no guard for nothing: split({count})");
            assert_eq!(whole.count(), 6, "a refused split takes nothing");
        }
        object.begin_run_down();
        assert_eq!(object.outstanding(), Some(8));
        drop(whole);
        assert_eq!(object.outstanding(), Some(2));
        drop(part);
        assert!(object.is_run_down());
    }

    fn a_leaked_guard_keeps_its_holds_until_they_are_adopted(object) {
        let count = object.try_acquire_n(2).unwrap().leak();
        object.begin_run_down();
        assert_eq!(object.outstanding(), Some(2));
        // SAFETY: the two holds just leaked.
        let adopted = unsafe { RundownGuard::adopt(object, count) };
        assert_eq!(adopted.count(), 2);
        drop(adopted);
        assert!(object.is_run_down());
    }
}

#[test]
fn start_disabled_refuses_until_reinitialize() {
    fn check(object: &impl Rundown) {
        assert!(object.is_run_down());
        for core in 0..8 {
            run_on(core);
            assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown, "core {core}");
        }
        object.wait();
        object.reinitialize().unwrap();
        for core in 0..8 {
            run_on(core);
            assert!(object.try_acquire().is_ok(), "core {core}");
        }
        run_on(0);
    }
    check(&rundown::RundownRef::<Yield>::with_park_run_down());
    check(&rundown::StaticRundownRef::<Chosen, 1, Yield>::new_run_down());
    check(&rundown::StaticRundownRef::<Chosen, 2, Yield>::new_run_down());
    check(&rundown::StaticRundownRef::<Chosen, 5, Yield>::new_run_down());
}

#[test]
fn size_of_says_what_initialize_needs() {
    type Object = rundown::CacheAwareRundownRef<Chosen, Yield>;
    for slots in 1..4096 / rundown::CACHE_LINE {
        let layout = Object::layout(slots).unwrap();
        let mut memory = page();
        let object = Object::init_in(&mut memory.0[..layout.size()], slots).unwrap();
        assert_eq!(object.slot_count(), slots);
        assert_eq!(size_of_val(object), layout.size());
        let first = std::ptr::from_ref(object).addr();
        let last = object.slot_address(slots - 1).addr();
        assert!(last + size_of::<usize>() <= first + layout.size(), "the last slot lies inside");
    }
}

#[cfg(feature = "alloc")]
#[test]
fn allocate_is_size_of_plus_initialize_and_free_gives_the_memory_back() {
    type Object = rundown::CacheAwareRundownRef<Chosen, Yield>;
    let object = Object::boxed(6).unwrap();
    assert_eq!(size_of_val(&*object), Object::layout(6).unwrap().size());
    assert_eq!(std::ptr::from_ref(&*object).addr() % rundown::CACHE_LINE, 0);
    object.wait();
    drop(object); // Miri and the sanitizers check that size and alignment fit
}
