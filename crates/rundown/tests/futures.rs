//! `Drained`, the future: who is woken, and that nobody is forgotten.

mod common;

use rundown::{Park, Rundown, RundownRef, Spin};
use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

/// A waker that counts its calls.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Count {
    fn calls(&self) -> usize {
        self.0.load(SeqCst)
    }
}

/// Counters, and the waker of each.
fn counted<const N: usize>() -> ([Arc<Count>; N], [Waker; N]) {
    let counts: [Arc<Count>; N] = std::array::from_fn(|_| Arc::default());
    let wakers = counts.clone().map(Waker::from);
    (counts, wakers)
}

fn poll(future: Pin<&mut impl Future<Output = ()>>, waker: &Waker) -> Poll<()> {
    future.poll(&mut Context::from_waker(waker))
}

thread_local! {
    static AT_REGISTER: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
    /// The numbers of the registrations that stand.
    static STANDING: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Lets the test act between a future's look and its registration, and wakes nobody.
struct Forgetful;

impl Park for Forgetful {
    type Deadline = ();

    fn park_until(_: *const (), _: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        unreachable!("nobody waits")
    }

    fn unpark_all(_: *const ()) {}

    fn register(_: *const (), _: &Waker, ticket: &mut u64) {
        if let Some(act) = AT_REGISTER.take() {
            act();
        }
        if *ticket == 0 {
            *ticket = 7;
        }
        STANDING.with_borrow_mut(|standing| standing.push(*ticket));
    }

    fn unregister(_: *const (), ticket: u64) {
        STANDING.with_borrow_mut(|standing| standing.retain(|other| *other != ticket));
    }
}

#[test]
fn a_release_between_a_futures_look_and_its_registration_is_noticed() {
    static OBJECT: RundownRef<Forgetful> = RundownRef::with_park();
    let guard = OBJECT.try_acquire().unwrap();
    AT_REGISTER.set(Some(Box::new(move || drop(guard))));
    let mut drained = pin!(OBJECT.drained());
    assert!(poll(drained.as_mut(), Waker::noop()).is_ready());
    assert_eq!(STANDING.take(), [], "a future that is ready needs no waker");
}

#[test]
fn a_future_withdraws_what_it_has_registered() {
    let object = RundownRef::<Forgetful>::with_park();
    let guard = object.try_acquire().unwrap();
    let mut drained = Box::pin(object.drained());
    for polls in 1..3 {
        assert!(poll(drained.as_mut(), Waker::noop()).is_pending());
        assert_eq!(
            STANDING.with_borrow(Vec::clone),
            vec![7; polls],
            "under the number it was given"
        );
    }
    drop(drained);
    assert_eq!(STANDING.take(), []);
    drop(guard);
}

#[test]
fn a_future_that_has_not_looked_since_its_run_down_ended_runs_the_next_round_down() {
    let object: RundownRef<Spin> = RundownRef::with_park();
    let guard = object.try_acquire().unwrap();
    let mut late = pin!(object.drained());
    assert!(poll(late.as_mut(), Waker::noop()).is_pending());
    drop(guard);
    object.reinitialize().unwrap();
    let next = object.try_acquire().expect("live");
    assert!(poll(late.as_mut(), Waker::noop()).is_pending(), "never ready while somebody holds");
    assert!(object.try_acquire().is_err(), "documented: its owner has to see to that");
    drop(next);
    assert!(poll(late, Waker::noop()).is_ready());
}

#[test]
fn a_future_on_spin_asks_to_be_polled_again() {
    let object: RundownRef<Spin> = RundownRef::with_park();
    let guard = object.try_acquire().unwrap();
    let ([count], [waker]) = counted();
    let mut drained = pin!(object.drained());
    assert_eq!(poll(drained.as_mut(), &waker), Poll::Pending);
    assert_eq!(count.calls(), 1, "woken at once");
    assert!(object.try_acquire().is_err(), "the first poll starts the run-down");
    drop(guard);
    assert_eq!(poll(drained, &waker), Poll::Ready(()));
}

#[cfg(feature = "std")]
mod with_std {
    use super::*;
    use rundown::Blocking;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_future_is_woken_by_the_last_release_and_by_no_other() {
        let object = RundownRef::<Blocking>::with_park();
        let mut guard = object.try_acquire_n(2).unwrap();
        let ([count], [waker]) = counted();
        let mut drained = pin!(object.drained());
        for _ in 0..3 {
            assert!(poll(drained.as_mut(), &waker).is_pending());
        }
        let before = count.calls();
        drop(guard.split(1));
        assert_eq!(count.calls(), before);
        drop(guard);
        assert_eq!(count.calls(), before + 1, "one registration, however often polled");
        assert!(poll(drained.as_mut(), &waker).is_ready());
        drop(waker);
        assert_eq!(Arc::strong_count(&count), 1, "the table holds no clone of it");
    }

    #[test]
    fn a_waker_that_panics_does_not_keep_the_others_asleep() {
        struct Panics;
        impl Wake for Panics {
            fn wake(self: Arc<Self>) {
                panic!("a waker's own");
            }
        }
        let object = RundownRef::<Blocking>::with_park();
        let guard = object.try_acquire().unwrap();
        let (counts, [first, last]) = counted();
        let wakers = [first, Waker::from(Arc::new(Panics)), last];
        let mut futures = [(); 3].map(|()| Box::pin(object.drained()));
        assert!(!object.begin_run_down());
        for (future, waker) in futures.iter_mut().zip(&wakers) {
            assert!(poll(future.as_mut(), waker).is_pending());
        }
        let panicked = catch_unwind(AssertUnwindSafe(|| drop(guard))).unwrap_err();
        assert_eq!(panicked.downcast_ref(), Some(&"a waker's own"));
        assert_eq!(counts.map(|count| count.calls()), [1, 1]);
        assert!(object.is_run_down());
    }

    #[test]
    fn a_future_that_is_dropped_takes_only_its_own_waker_along_and_the_last_waker_counts() {
        let object = RundownRef::<Blocking>::with_park();
        let guard = object.try_acquire().unwrap();
        // Started before, so that nothing wakes by itself.
        assert!(!object.begin_run_down());
        let (counts, wakers) = counted();
        let mut futures = [(); 4].map(|()| Box::pin(object.drained()));
        // The first two are of one task; the third moves on to another.
        for (future, task) in [(0, 0), (1, 0), (2, 0), (2, 1), (3, 2)] {
            assert!(poll(futures[future].as_mut(), &wakers[task]).is_pending());
        }
        let [first, mut second, third, last] = futures;
        drop((first, last));
        drop(guard);
        assert_eq!(counts.map(|count| count.calls()), [1, 1, 0]);
        assert!(poll(second.as_mut(), &wakers[0]).is_ready());
        assert!(format!("{third:?}").contains("waiting: true"));
    }

    #[test]
    fn a_wake_up_at_one_address_leaves_the_others_asleep() {
        // More objects than buckets, so that some share one. Miri checks every pair much more slowly.
        const MOST: usize = if cfg!(miri) { 8 } else { 200 };
        let objects = [(); MOST].map(|()| RundownRef::<Blocking>::with_park());
        let held = objects.each_ref().map(|object| object.try_acquire().unwrap());
        let (counts, wakers) = counted::<MOST>();
        let mut futures = objects.each_ref().map(|object| Box::pin(object.drained()));
        for (future, waker) in futures.iter_mut().zip(&wakers) {
            assert!(poll(future.as_mut(), waker).is_pending());
        }
        // The first poll may wake its own registration once, as it starts the run-down.
        let before = counts.each_ref().map(|count| count.calls());
        for (at, guard) in held.into_iter().enumerate() {
            drop(guard);
            for (other, count) in counts.iter().enumerate() {
                assert_eq!(count.calls(), before[other] + usize::from(other <= at));
            }
        }
    }
}
