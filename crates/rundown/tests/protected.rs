//! `Protected`: it lends its value out, and gives it back once, after the last user.

mod common;

use common::{Chosen, Yield, run_on};
use rundown::{AcquireError, Protected, PutError, Rundown, RundownRef, Spin, StaticRundownRef};
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

#[test]
fn protected_lends_the_value_out_until_its_run_down() {
    type Value = Protected<String, RundownRef<Spin>>;
    let ways: [fn(&Value) -> Option<String>; 3] =
        [Value::run_down, Value::try_run_down, |value| value.run_down_until(3).unwrap()];
    for take in ways {
        let value = Value::new(RundownRef::with_park(), "text".to_owned());
        let user = value.try_acquire().unwrap();
        assert_eq!((user.len(), user.count(), format!("{user:?}")), (4, 1, "\"text\"".to_owned()));
        assert_eq!(value.try_run_down(), None, "a user is inside");
        assert_eq!(value.try_acquire().unwrap_err(), AcquireError::RunDown, "but no new ones");
        assert!(!value.begin_run_down());
        assert!(value.run_down_until(3).is_err());
        drop(user);
        assert_eq!(format!("{value:?}"), "Protected { state: run down }");
        assert_eq!(take(&value).as_deref(), Some("text"));
        assert_eq!(ways.map(|again| again(&value)), [None, None, None], "exactly once");
    }
}

#[test]
fn protected_gives_the_value_to_exactly_one_of_many_and_drops_it_once() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let drops = Arc::new(AtomicUsize::new(0));
    for round in 1..if cfg!(miri) { 3 } else { 50 } {
        let object = StaticRundownRef::<Chosen, 2, Yield>::new();
        let value = Protected::new(object, Counted(drops.clone()));
        let got = AtomicUsize::new(0);
        thread::scope(|threads| {
            for core in 0..3 {
                let (value, got, drops) = (&value, &got, &drops);
                threads.spawn(move || {
                    run_on(core);
                    if let Ok(user) = value.try_acquire() {
                        assert_eq!(user.0.load(SeqCst), round - 1, "not dropped while held");
                    }
                    if let Some(value) = value.run_down() {
                        got.fetch_add(1, SeqCst);
                        drop(value);
                    }
                    assert!(drops.load(SeqCst) <= round);
                });
            }
        });
        assert_eq!(got.load(SeqCst), 1);
        drop(value);
        assert_eq!(drops.load(SeqCst), round);
    }
    // Never taken out: dropped with its owner.
    drop(Protected::<_>::new(RundownRef::new(), Counted(drops.clone())));
    assert_eq!(drops.load(SeqCst), if cfg!(miri) { 3 } else { 50 });
}

#[test]
fn protected_starts_disabled_and_takes_one_value_at_a_time() {
    let value = Protected::<String>::empty(RundownRef::new());
    assert_eq!(value.try_acquire().unwrap_err(), AcquireError::RunDown);
    assert_eq!(value.run_down(), None);
    for text in ["one", "two"] {
        value.put(text.to_owned()).unwrap();
        assert_eq!(value.put("more".to_owned()), Err(PutError("more".to_owned())), "full");
        assert_eq!(*value.try_acquire().unwrap(), *text);
        assert_eq!(value.run_down().as_deref(), Some(text));
    }
}

#[test]
fn protected_does_not_start_with_an_object_that_is_held() {
    let object = RundownRef::<Yield>::with_park();
    let _ = object.try_acquire().unwrap().leak();
    let refused = catch_unwind(|| Protected::<u8, _>::empty(object)).unwrap_err();
    assert_eq!(refused.downcast_ref(), Some(&"the run-down object is still held"));
}
