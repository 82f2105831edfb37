//! `Drained`, the future: who is woken, and that nobody is forgotten.

mod common;

use rundown::{Park, Rundown, RundownRef};
use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
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

thread_local! {
    static AT_REGISTER: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// Lets the test act between a future's look and its registration, which it forgets.
struct Forgetful;

impl Park for Forgetful {
    type Deadline = ();

    fn park_until(_: *const (), _: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        unreachable!("nobody waits")
    }

    fn unpark_all(_: *const ()) {}

    fn register(_: *const (), _: &Waker, _: &mut u64) {
        if let Some(act) = AT_REGISTER.take() {
            act();
        }
    }
}

#[test]
fn a_release_between_a_futures_look_and_its_registration_is_noticed() {
    static OBJECT: RundownRef<Forgetful> = RundownRef::new();
    let guard = OBJECT.try_acquire().unwrap();
    AT_REGISTER.set(Some(Box::new(move || drop(guard))));
    let mut drained = pin!(OBJECT.drained());
    assert!(drained.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

#[test]
fn a_future_that_has_not_looked_since_its_run_down_ended_runs_the_next_round_down() {
    let object: RundownRef = RundownRef::new();
    let guard = object.try_acquire().unwrap();
    let mut late = pin!(object.drained());
    let mut context = Context::from_waker(Waker::noop());
    assert!(late.as_mut().poll(&mut context).is_pending());
    drop(guard);
    object.reinitialize().unwrap();
    let next = object.try_acquire().expect("live");
    assert!(late.as_mut().poll(&mut context).is_pending(), "never ready while somebody holds");
    assert!(object.try_acquire().is_err(), "documented: its owner has to see to that");
    drop(next);
    assert!(late.as_mut().poll(&mut context).is_ready());
}

#[test]
fn a_future_on_spin_asks_to_be_polled_again() {
    let object: RundownRef = RundownRef::new();
    let guard = object.try_acquire().unwrap();
    let count = Arc::new(Count::default());
    let waker = Waker::from(count.clone());
    let mut context = Context::from_waker(&waker);
    let mut drained = pin!(object.drained());
    assert_eq!(drained.as_mut().poll(&mut context), Poll::Pending);
    assert_eq!(count.0.load(SeqCst), 1, "woken at once");
    assert!(object.try_acquire().is_err(), "the first poll starts the run-down");
    drop(guard);
    assert_eq!(drained.as_mut().poll(&mut context), Poll::Ready(()));
}

#[cfg(feature = "std")]
mod with_std {
    use super::*;
    use rundown::Blocking;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_future_is_woken_by_the_last_release_and_by_no_other() {
        let object = RundownRef::<Blocking>::new();
        let mut guard = object.try_acquire_n(2).unwrap();
        let count = Arc::new(Count::default());
        let waker = Waker::from(count.clone());
        let mut context = Context::from_waker(&waker);
        let mut drained = pin!(object.drained());
        for _ in 0..3 {
            assert!(drained.as_mut().poll(&mut context).is_pending());
        }
        let before = count.0.load(SeqCst);
        drop(guard.split(1));
        assert_eq!(count.0.load(SeqCst), before);
        drop(guard);
        assert_eq!(count.0.load(SeqCst), before + 1, "one registration, however often polled");
        assert!(drained.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn a_waker_that_panics_does_not_keep_the_others_asleep() {
        struct Panics;
        impl Wake for Panics {
            fn wake(self: Arc<Self>) {
                panic!("a waker's own");
            }
        }
        let object = RundownRef::<Blocking>::new();
        let guard = object.try_acquire().unwrap();
        let counts = [(); 2].map(|()| Arc::new(Count::default()));
        let panics = Waker::from(Arc::new(Panics));
        let wakers = [Waker::from(counts[0].clone()), panics, Waker::from(counts[1].clone())];
        let mut futures = [(); 3].map(|()| Box::pin(object.drained()));
        assert!(!object.begin_run_down());
        for (future, waker) in futures.iter_mut().zip(&wakers) {
            assert!(future.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
        }
        let panicked = catch_unwind(AssertUnwindSafe(|| drop(guard))).unwrap_err();
        assert_eq!(panicked.downcast_ref(), Some(&"a waker's own"));
        assert_eq!(counts.map(|count| count.0.load(SeqCst)), [1, 1]);
        assert!(object.is_run_down());
    }

    #[test]
    fn two_futures_of_one_task_are_both_woken_though_one_is_dropped() {
        let object = RundownRef::<Blocking>::new();
        let guard = object.try_acquire().unwrap();
        let counts = [Arc::new(Count::default()), Arc::new(Count::default())];
        let wakers = counts.clone().map(Waker::from);
        let mut first = Box::pin(object.drained());
        let mut second = Box::pin(object.drained());
        let mut third = Box::pin(object.drained());
        for future in [&mut first, &mut second] {
            assert!(future.as_mut().poll(&mut Context::from_waker(&wakers[0])).is_pending());
        }
        assert!(third.as_mut().poll(&mut Context::from_waker(&wakers[0])).is_pending());
        // The last waker counts; a dropped future is not woken, the other one is.
        assert!(third.as_mut().poll(&mut Context::from_waker(&wakers[1])).is_pending());
        drop(first);
        let before = counts[0].0.load(SeqCst);
        drop(guard);
        assert_eq!(counts[0].0.load(SeqCst), before + 1);
        assert_eq!(counts[1].0.load(SeqCst), 1);
        assert!(second.as_mut().poll(&mut Context::from_waker(&wakers[0])).is_ready());
        assert!(format!("{third:?}").contains("waiting: true"));
    }

    #[test]
    fn a_wake_up_at_one_address_leaves_the_others_asleep() {
        // More objects than buckets, so that some share one. Miri checks every pair much more slowly.
        let most = if cfg!(miri) { 8 } else { 200 };
        let objects: Vec<_> = (0..most).map(|_| RundownRef::<Blocking>::new()).collect();
        let held: Vec<_> = objects.iter().map(|o| o.try_acquire().unwrap()).collect();
        let counts: Vec<_> = objects.iter().map(|_| Arc::new(Count::default())).collect();
        let mut futures: Vec<_> = objects.iter().map(|o| Box::pin(o.drained())).collect();
        for (future, count) in futures.iter_mut().zip(&counts) {
            let waker = Waker::from(count.clone());
            assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        // The first poll may wake its own registration once, as it starts the run-down.
        let before: Vec<_> = counts.iter().map(|count| count.0.load(SeqCst)).collect();
        for (at, guard) in held.into_iter().enumerate() {
            drop(guard);
            for (other, count) in counts.iter().enumerate() {
                assert_eq!(count.0.load(SeqCst), before[other] + usize::from(other <= at));
            }
        }
    }
}
