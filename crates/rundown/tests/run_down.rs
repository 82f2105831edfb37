//! `RunDown`, the future: who gets the value, and what the others leave alone.

mod common;

use common::{Chosen, Yield};
use rundown::{Park, Protected, RunDown, RundownRef, StaticRundownRef};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::Poll::{Pending, Ready};
use std::task::{Context, Poll, Waker};
use std::thread;

fn poll<T, P: Park>(future: &mut RunDown<'_, T, RundownRef<P>>) -> Poll<Option<T>> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

type Text = Protected<String, RundownRef<Yield>>;

fn text() -> Text {
    Text::new(RundownRef::with_park(), "text".to_owned())
}

#[test]
fn it_starts_with_the_first_poll_and_is_ready_with_the_value_when_the_users_have_left() {
    let value = text();
    let mut future = value.run_down_async();
    let user = value.try_acquire().expect("not polled yet");
    for _ in 0..3 {
        assert_eq!(poll(&mut future), Pending);
        assert!(value.try_acquire().is_err(), "no new users");
    }
    drop(user);
    assert_eq!(poll(&mut future), Ready(Some("text".to_owned())));
    assert_eq!(poll(&mut future), Ready(None), "and stays ready");
    value.put("next".to_owned()).unwrap();
    assert_eq!(poll(&mut future), Ready(None), "for good");
    assert!(value.try_acquire().is_ok(), "the new value is left alone");
}

#[test]
fn of_two_one_gets_the_value_and_the_other_none_after_the_users() {
    let value = text();
    let user = value.try_acquire().unwrap();
    let [mut first, mut second, mut late] = [(); 3].map(|()| value.run_down_async());
    assert_eq!((poll(&mut first), poll(&mut second)), (Pending, Pending));
    drop(user);
    assert_eq!(poll(&mut second), Ready(Some("text".to_owned())));
    assert_eq!(poll(&mut first), Ready(None));
    assert_eq!(poll(&mut late), Ready(None), "who comes when it is gone");
}

#[test]
fn who_lost_the_value_leaves_the_next_one_alone() {
    let value = text();
    let user = value.try_acquire().unwrap();
    let mut slow = value.run_down_async();
    assert_eq!(poll(&mut slow), Pending);
    drop(user);
    assert_eq!(value.run_down().as_deref(), Some("text"));
    value.put("next".to_owned()).unwrap();
    let user = value.try_acquire().unwrap();
    assert_eq!(poll(&mut slow), Ready(None), "it was asked for the one before");
    assert!(value.try_acquire().is_ok(), "live");
    drop(user);
    assert_eq!(value.run_down().as_deref(), Some("next"));
}

#[test]
fn a_future_that_is_dropped_loses_no_value_and_takes_back_no_run_down() {
    let value = text();
    let user = value.try_acquire().unwrap();
    let mut given_up = value.run_down_async();
    assert_eq!(poll(&mut given_up), Pending);
    drop(user);
    drop(given_up);
    assert!(value.try_acquire().is_err(), "the run-down goes on");
    assert_eq!(poll(&mut value.run_down_async()), Ready(Some("text".to_owned())));
    drop(value.run_down_async());
    value.put("next".to_owned()).unwrap();
    drop(value.run_down_async());
    assert!(value.try_acquire().is_ok(), "one that was not polled has done nothing");
}

thread_local! {
    static AT_REGISTER: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
    /// Registrations that stand.
    static STANDING: Cell<usize> = const { Cell::new(0) };
}

/// Lets the test act in the middle of a poll, between its looks.
struct Between;

impl Park for Between {
    type Deadline = ();

    fn park_until(_: *const (), ready: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        ready()
    }

    fn unpark_all(_: *const ()) {}

    fn register(_: *const (), _: &Waker, ticket: &mut u64) {
        if *ticket == 0 {
            *ticket = 7;
            STANDING.set(STANDING.get() + 1);
        }
        if let Some(act) = AT_REGISTER.take() {
            act();
        }
    }

    fn unregister(_: *const (), _: u64) {
        STANDING.set(STANDING.get() - 1);
    }
}

type Place = Protected<u8, RundownRef<Between>>;

#[test]
fn a_value_that_comes_in_the_middle_of_a_poll_is_taken_or_left_live_but_never_left_run_down() {
    static PLACE: Place = Place::new(RundownRef::with_park(), 1);
    let user = PLACE.try_acquire().unwrap();
    let next_user = Arc::new(std::sync::Mutex::new(None));
    let next = next_user.clone();
    // Between the look at the place and the end of the poll the value goes, and another one comes, and is used.
    AT_REGISTER.set(Some(Box::new(move || {
        drop(user);
        assert_eq!(PLACE.run_down(), Some(1));
        PLACE.put(2).unwrap();
        *next.lock().unwrap() = PLACE.try_acquire().ok();
    })));
    let mut future = PLACE.run_down_async();
    assert_eq!(poll(&mut future), Pending, "the poll has run the second value down: it is ours");
    assert!(PLACE.try_acquire().is_err());
    drop(next_user.lock().unwrap().take().expect("it was live"));
    assert_eq!(poll(&mut future), Ready(Some(2)));
    assert_eq!(STANDING.get(), 0);
}

#[test]
fn a_value_that_goes_in_the_middle_of_a_poll_is_anothers() {
    static PLACE: Place = Place::new(RundownRef::with_park(), 1);
    let user = PLACE.try_acquire().unwrap();
    AT_REGISTER.set(Some(Box::new(move || {
        drop(user);
        assert_eq!(PLACE.run_down(), Some(1));
    })));
    assert_eq!(poll(&mut PLACE.run_down_async()), Ready(None));
    assert_eq!(STANDING.get(), 0);
}

#[test]
fn a_future_that_is_ready_without_the_value_needs_no_waker() {
    let place = Place::new(RundownRef::with_park(), 1);
    let user = place.try_acquire().unwrap();
    let mut future = place.run_down_async();
    assert_eq!(poll(&mut future), Pending);
    assert_eq!(
        (STANDING.get(), format!("{future:?}").as_str()),
        (1, "RunDown { waiting: true, .. }")
    );
    drop(user);
    assert_eq!(place.try_run_down(), Some(1));
    assert_eq!(poll(&mut future), Ready(None));
    assert_eq!(STANDING.get(), 0);
    place.put(2).unwrap();
    let user = place.try_acquire().unwrap();
    let mut dropped = place.run_down_async();
    assert_eq!((poll(&mut dropped), STANDING.get()), (Pending, 1));
    drop(dropped);
    assert_eq!(STANDING.get(), 0);
    drop(user);
}

/// Polls until it is ready.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Ready(output) => return output,
            Pending => thread::yield_now(),
        }
    }
}

#[test]
fn race_exactly_one_of_many_gets_the_value_after_all_users() {
    for _ in 0..if cfg!(miri) { 3 } else { 100 } {
        let value =
            Protected::new(StaticRundownRef::<Chosen, 2, Yield>::new(), AtomicUsize::new(0));
        let got = AtomicUsize::new(0);
        thread::scope(|threads| {
            for core in 0..3 {
                let (value, got) = (&value, &got);
                threads.spawn(move || {
                    common::run_on(core);
                    value.try_access_with(|inside| {
                        inside.fetch_add(1, SeqCst);
                        thread::yield_now();
                        inside.fetch_sub(1, SeqCst);
                    });
                    if let Some(inside) = block_on(value.run_down_async()) {
                        assert_eq!(inside.into_inner(), 0, "nobody is inside");
                        got.fetch_add(1, SeqCst);
                    }
                });
            }
        });
        assert_eq!(got.load(SeqCst), 1);
    }
}

#[test]
fn race_a_put_in_between_leaves_no_value_that_is_run_down() {
    for _ in 0..if cfg!(miri) { 3 } else { 100 } {
        let value = Protected::new(StaticRundownRef::<Chosen, 2, Yield>::new(), 1);
        let taken = thread::scope(|threads| {
            let mover = threads.spawn(|| match block_on(value.run_down_async()) {
                Some(number) => value.put(number + 1).is_ok(),
                None => true,
            });
            let taken = block_on(value.run_down_async()).is_some();
            assert!(mover.join().unwrap(), "empty");
            taken
        });
        assert_eq!(value.try_acquire().is_err(), taken, "run down only with the value in hand");
    }
}

#[test]
fn protected_values_come_with_their_defaults() {
    let value: Protected<String, StaticRundownRef<Chosen, 2>> = Protected::default();
    assert!(value.try_acquire().unwrap().is_empty());
    assert!(!value.is_run_down());
    assert_eq!(value.run_down().as_deref(), Some(""));
    assert!(value.is_run_down());
}

#[test]
fn an_error_of_put_goes_through_a_question_mark_and_asks_nothing_of_the_value() {
    struct Plain;
    let value = Protected::from(Plain);
    let put = || -> Result<(), Box<dyn std::error::Error>> { Ok(value.put(Plain)?) };
    let refused = put().unwrap_err();
    assert_eq!(refused.to_string(), "the place is not empty: run its value down first");
    assert_eq!(format!("{refused:?}"), "PutError(..)");
    let kept = catch_unwind(AssertUnwindSafe(|| value.put(Plain).unwrap())).unwrap_err();
    assert!(kept.downcast_ref::<String>().unwrap().contains("PutError"));
}
