//! Who is woken, and when: no step wakes too few, and a release that is not the last wakes nobody.

mod common;

use common::{Chosen, run_on};
use rundown::{Checked, Park, Rundown, RundownRef, StaticRundownRef};
use std::cell::Cell;

thread_local! {
    static WAKE_UPS: Cell<usize> = const { Cell::new(0) };
}

/// Counts the wake-ups of this thread, instead of waking anybody.
struct Counting;

impl Park for Counting {
    type Deadline = ();

    fn park_until(_: *const (), ready: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        ready()
    }

    fn unpark_all(_: *const ()) {
        WAKE_UPS.set(WAKE_UPS.get() + 1);
    }
}

/// Runs `act`, and returns its result and how many wake-ups it caused.
fn wake_ups_of<T>(act: impl FnOnce() -> T) -> (T, usize) {
    let before = WAKE_UPS.get();
    let result = act();
    (result, WAKE_UPS.get() - before)
}

/// A way to start a run-down.
type Begin<R> = fn(&R) -> bool;

fn each_wake_up_has_a_cause<R: Rundown>(object: &R) {
    let ways: [Begin<R>; 2] =
        [R::begin_run_down, |object| object.checked_begin_run_down().expect("never too many")];
    for begin in ways {
        assert_eq!(wake_ups_of(|| begin(object)), (true, 1), "the end of a sweep");
        assert_eq!(wake_ups_of(|| begin(object)), (true, 0), "no second sweep");
        assert_eq!(wake_ups_of(|| object.wait()), ((), 0));
        assert_eq!(wake_ups_of(|| object.reinitialize()), (Ok(()), 1), "who waits for the next");
        let holds = object.try_acquire_n(3).unwrap().leak();
        assert_eq!(wake_ups_of(|| begin(object)), (false, 1), "the end of a sweep");
        assert_eq!(wake_ups_of(|| begin(object)), (false, 0));
        assert_eq!(wake_ups_of(|| object.resurrect()), (Ok(()), 1));
        assert!(!begin(object));
        // SAFETY: the three leaked holds.
        unsafe {
            run_on(1);
            assert_eq!(wake_ups_of(|| object.release_n(1)), ((), 0), "two are left");
            assert_eq!(wake_ups_of(|| object.checked_release_n(1)), (Ok(()), 0), "one is left");
            run_on(0);
            assert_eq!(wake_ups_of(|| object.release_n(holds - 2)), ((), 1), "the last");
        }
        object.reinitialize().unwrap();
        let _ = object.try_acquire_n(1).unwrap().leak();
        assert!(!begin(object));
        // SAFETY: the leaked hold.
        let last = unsafe { wake_ups_of(|| object.checked_release_n(1)) };
        assert_eq!(last, (Ok(()), 1), "the last");
        object.reinitialize().unwrap();
    }
}

#[test]
fn every_change_that_a_waiter_waits_for_wakes_once_plain() {
    each_wake_up_has_a_cause(&RundownRef::<Counting>::new());
}

#[test]
fn every_change_that_a_waiter_waits_for_wakes_once_cache_aware() {
    each_wake_up_has_a_cause(&StaticRundownRef::<Chosen, 3, Counting>::new());
}

#[cfg(feature = "std")]
mod with_std {
    use super::*;
    use rundown::Blocking;
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::task::{Context, Wake, Waker};

    /// A waker that counts its calls.
    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    #[test]
    fn a_future_that_is_dropped_takes_only_its_own_waker_along() {
        let object = RundownRef::<Blocking>::new();
        let guard = object.try_acquire().unwrap();
        let counts: [_; 3] = std::array::from_fn(|_| Arc::new(Count::default()));
        let mut futures = counts.each_ref().map(|count| {
            let mut future = Box::pin(object.drained());
            // The second poll comes after the run-down has started, so that nothing wakes by itself.
            for _ in 0..2 {
                let waker = Waker::from(count.clone());
                assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            }
            Some(future)
        });
        futures[1] = None;
        let before = counts.each_ref().map(|count| count.0.load(SeqCst));
        drop(guard);
        let woken = |at: usize| counts[at].0.load(SeqCst) - before[at];
        assert_eq!([woken(0), woken(1), woken(2)], [1, 0, 1]);
    }

    #[test]
    fn a_future_that_is_done_leaves_no_waker_behind() {
        let object = RundownRef::<Blocking>::new();
        let guard = object.try_acquire().unwrap();
        let count = Arc::new(Count::default());
        let waker = Waker::from(count.clone());
        let mut context = Context::from_waker(&waker);
        {
            let mut drained = pin!(object.drained());
            assert!(drained.as_mut().poll(&mut context).is_pending());
            drop(guard);
            assert!(drained.as_mut().poll(&mut context).is_ready());
        }
        drop(waker);
        assert_eq!(Arc::strong_count(&count), 1, "the table holds no clone of it");
        object.reinitialize().unwrap();
    }
}
