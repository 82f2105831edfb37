//! A holder takes a further hold, on every form of the object, whatever its owner does meanwhile.

mod common;

use common::{Chosen, Yield, on_every_form, page, run_on};
use rundown::{
    AcquireError, MAX_CLONED, NotRunDown, Park, Protected, Rundown, RundownGuard, RundownRef,
};

on_every_form! {
    fn a_clone_is_one_hold_more(object) {
        let three = object.try_acquire_n(3).unwrap();
        let clone = three.try_clone().unwrap();
        assert_eq!((three.count(), clone.count()), (3, 1));
        object.begin_run_down();
        assert_eq!(object.outstanding(), Some(4));
        drop(three);
        assert_eq!(object.outstanding(), Some(1));
        drop(clone);
        assert!(object.is_run_down());
    }

    fn a_holder_takes_another_hold_while_the_drain_waits(object) {
        let first = object.try_acquire().unwrap();
        assert!(!object.begin_run_down());
        run_on(1);
        let second = first.try_clone().unwrap();
        assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown, "nobody else");
        assert_eq!(object.outstanding(), Some(2));
        drop(first);
        run_on(2);
        let third = second.try_clone().unwrap();
        drop(second);
        assert!(!object.is_run_down());
        assert_eq!(object.reinitialize(), Err(NotRunDown));
        drop(third);
        assert!(object.is_run_down());
    }

    fn holds_taken_while_it_drained_stay_valid_after_a_resurrect(object) {
        let first = object.try_acquire().unwrap();
        object.begin_run_down();
        let second = first.try_clone().unwrap();
        object.resurrect().unwrap();
        let third = second.try_clone().unwrap();
        drop((first, second));
        drop(object.try_acquire().unwrap());
        object.begin_run_down();
        assert_eq!(object.outstanding(), Some(1));
        drop(third);
        assert!(object.is_run_down());
        object.reinitialize().unwrap();
        drop(object.try_acquire().unwrap());
        assert!(object.begin_run_down());
    }

    fn the_clone_of_a_guard_without_holds_is_a_new_acquire(object) {
        let nothing = object.try_acquire_n(0).unwrap();
        assert_eq!(nothing.try_clone().unwrap().count(), 1);
        object.begin_run_down();
        assert_eq!(nothing.try_clone().unwrap_err(), AcquireError::RunDown);
        assert!(object.is_run_down());
    }
}

#[test]
fn a_user_of_a_value_takes_another_hold_while_it_is_run_down() {
    let value = Protected::new(RundownRef::<Yield>::with_park(), 5);
    let user = value.try_acquire().unwrap();
    value.begin_run_down();
    let helper = user.try_clone().unwrap();
    drop(user);
    assert_eq!((*helper, value.try_run_down()), (5, None));
    drop(helper);
    assert_eq!(value.try_run_down(), Some(5));
}

#[cfg(feature = "alloc")]
#[test]
fn owned_guards_take_another_hold_while_a_run_down_is_under_way() {
    let object = std::sync::Arc::new(RundownRef::<Yield>::with_park());
    let first = object.try_acquire_owned().unwrap();
    object.begin_run_down();
    let second = first.try_clone().unwrap();
    drop(first);
    assert_eq!(object.outstanding(), Some(1));
    std::thread::spawn(move || drop(second)).join().unwrap();
    assert!(object.is_run_down());

    let value = std::sync::Arc::new(Protected::from(5));
    let user = value.try_acquire_owned().unwrap();
    value.begin_run_down();
    let helper = user.try_clone().unwrap();
    drop(user);
    assert_eq!((*helper, value.try_run_down()), (5, None));
    drop(helper);
    assert_eq!(value.run_down(), Some(5));
}

#[cfg(not(miri))] // thousands of steps; a unit test of the protocol has the same limit
#[test]
fn a_run_down_with_too_many_holds_left_grants_no_more() {
    let object = RundownRef::<Yield>::with_park();
    let mut all = object.try_acquire().unwrap();
    // Taken by parts: one call takes at most `MAX_COUNT`.
    while all.count() < MAX_CLONED {
        let count = (MAX_CLONED - all.count()).min(rundown::MAX_COUNT);
        all.merge(object.try_acquire_n(count).unwrap()).unwrap();
    }
    object.begin_run_down();
    assert_eq!(all.try_clone().unwrap_err(), AcquireError::TooMany);
    assert_eq!(object.outstanding(), Some(MAX_CLONED), "nothing was taken");
    // SAFETY: one of those that `all` stands for, which is adopted again without it.
    let rest = unsafe {
        let count = all.leak();
        object.release_n(1);
        RundownGuard::adopt(&object, count - 1)
    };
    let clone = rest.try_clone().unwrap();
    assert_eq!(rest.try_clone().unwrap_err(), AcquireError::TooMany);
    drop((rest, clone));
    assert!(object.is_run_down());
}
