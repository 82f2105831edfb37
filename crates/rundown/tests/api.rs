//! What the library adds to the contract: merged guards, `Protected`, futures, sizes, Send and Sync.

mod common;

use common::{Chosen, Yield, run_on};
use rundown::{
    AcquireError, CacheAwareRundownRef, Park, Protected, ProtectedGuard, Rundown, RundownGuard,
    RundownRef, StaticRundownRef,
};
use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

#[test]
fn a_merged_guard_gives_all_its_holds_back_at_once() {
    let object = RundownRef::<Yield>::new();
    let mut one = object.try_acquire_n(2).unwrap();
    one.merge(object.try_acquire_n(3).unwrap()).unwrap();
    assert_eq!(one.count(), 5);
    object.begin_run_down();
    assert_eq!(object.outstanding(), Some(5));
    drop(one);
    assert_eq!(object.outstanding(), Some(0));
}

#[test]
fn a_guard_of_another_object_is_handed_back_by_merge() {
    let (here, there) = (RundownRef::<Yield>::new(), RundownRef::<Yield>::new());
    let mut one = here.try_acquire().unwrap();
    let other = one.merge(there.try_acquire_n(2).unwrap()).unwrap_err();
    assert_eq!((one.count(), other.count()), (1, 2));
    assert!(std::ptr::eq(other.object(), &raw const there));
    there.begin_run_down();
    assert_eq!(there.outstanding(), Some(2), "still held");
    drop(other);
    assert!(there.is_run_down());
    drop(one);
    assert!(here.begin_run_down());
}

#[test]
fn guards_and_objects_are_send_and_sync() {
    fn both<T: Send + Sync>() {}
    both::<RundownRef>();
    both::<StaticRundownRef<Chosen, 4>>();
    both::<RundownGuard<'static, RundownRef>>();
    both::<RundownGuard<'static, CacheAwareRundownRef<Chosen>>>();
    both::<Protected<String>>();
    both::<ProtectedGuard<'static, String>>();
}

#[test]
fn a_guard_costs_two_words_and_the_objects_what_their_layout_says() {
    let word = size_of::<usize>();
    let record = if cfg!(feature = "holders") { word } else { 0 };
    assert_eq!(size_of::<RundownGuard<'_, RundownRef>>(), 2 * word + record);
    assert_eq!(size_of::<RundownRef>(), 2 * word);
    assert_eq!(size_of::<StaticRundownRef<Chosen, 4>>(), 5 * rundown::CACHE_LINE);
}

#[test]
fn default_objects_are_live() {
    assert!(RundownRef::<Yield>::default().try_acquire().is_ok());
    assert!(StaticRundownRef::<Chosen, 2, Yield>::default().try_acquire().is_ok());
}

#[test]
fn debug_shows_the_words() {
    let object = StaticRundownRef::<Chosen, 2, Yield>::new();
    let guard = object.try_acquire().unwrap();
    assert!(format!("{object:?}").contains("slots: [Slot(2), Slot(0)]"), "{object:?}");
    assert_eq!(format!("{guard:?}"), "RundownGuard { count: 1, .. }");
    assert!(format!("{:?}", RundownRef::<Yield>::new()).contains("slot: Slot(0)"));
    assert!(format!("{:?}", object.drained()).contains("waiting: false"));
}

#[test]
fn errors_name_the_cause() {
    use rundown::{InitError, NotRunDown};
    let text = |error: &dyn std::error::Error| error.to_string();
    assert_eq!(text(&AcquireError::RunDown), "the object is being run down");
    assert_eq!(text(&AcquireError::TooMany), "too many holds for the object's count");
    assert_eq!(text(&NotRunDown), "the object is not run down: wait for its run-down first");
    assert!(text(&InitError::SlotCount { slots: 0 }).starts_with("0 slots asked for; 1 to "));
    let small = InitError::TooSmall { needed: 8, given: 7 };
    assert_eq!(text(&small), "the buffer has 7 bytes; the object needs 8");
    assert!(text(&InitError::Misaligned { address: 17 }).contains("0x11 is not aligned to"));
    assert_eq!(text(&InitError::Null), "the buffer's address is null");
    assert_eq!(text(&InitError::OutOfMemory), "out of memory");
}

#[test]
fn spin_waits_and_counts_its_looks() {
    let object: RundownRef = RundownRef::new();
    let guard = object.try_acquire().unwrap();
    assert!(object.wait_until(1).is_err());
    assert!(object.wait_until(100).is_err());
    thread::scope(|threads| {
        threads.spawn(|| object.wait());
        thread::yield_now();
        drop(guard);
    });
    assert_eq!(object.wait_until(0), Ok(()));
    let mut looks = 0;
    let ready = &mut || {
        looks += 1;
        false
    };
    assert!(!rundown::Spin::park_until(std::ptr::null(), ready, Some(7)));
    assert_eq!(looks, 7);
}

// --- Protected

#[test]
fn protected_lends_the_value_out_until_its_run_down() {
    let value = Protected::<String>::new(RundownRef::new(), "text".to_owned());
    let user = value.try_acquire().unwrap();
    assert_eq!((user.len(), user.count(), format!("{user:?}")), (4, 1, "\"text\"".to_owned()));
    assert!(!value.begin_run_down());
    assert_eq!(value.try_acquire().unwrap_err(), AcquireError::RunDown);
    assert_eq!(value.try_run_down(), None, "a user is inside");
    assert!(value.run_down_until(3).is_err());
    drop(user);
    assert_eq!(format!("{value:?}"), "Protected { run_down: true, .. }");
    assert_eq!(value.run_down_until(3).unwrap().as_deref(), Some("text"));
    assert_eq!(value.run_down_until(3), Ok(None), "exactly once");
    assert_eq!((value.try_run_down(), value.run_down()), (None, None));
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
fn protected_can_be_polled_for_its_value() {
    let value = Protected::<String>::new(RundownRef::new(), "text".to_owned());
    let user = value.try_acquire().unwrap();
    assert_eq!(value.try_run_down(), None, "a user is inside");
    assert!(value.try_acquire().is_err(), "but no new ones");
    drop(user);
    assert_eq!(value.try_run_down().as_deref(), Some("text"));
    assert_eq!(value.try_run_down(), None, "exactly once");
}

#[test]
fn protected_starts_disabled_and_takes_one_value_at_a_time() {
    let value = Protected::<String>::empty(RundownRef::new());
    assert_eq!(value.try_acquire().unwrap_err(), AcquireError::RunDown);
    assert_eq!(value.run_down(), None);
    for text in ["one", "two"] {
        value.put(text.to_owned()).unwrap();
        assert_eq!(value.put("more".to_owned()), Err("more".to_owned()), "full");
        assert_eq!(*value.try_acquire().unwrap(), *text);
        assert_eq!(value.run_down().as_deref(), Some(text));
    }
}

// --- Futures

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
    use common::{at_once, soon};
    use rundown::{Blocking, CurrentSlot, ThreadSlot};
    use std::time::Duration;

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

    #[test]
    fn wait_timeout_gives_up_after_its_time_and_not_before() {
        let object = StaticRundownRef::<ThreadSlot, 4, Blocking>::new();
        let guard = object.try_acquire().unwrap();
        let start = std::time::Instant::now();
        let late = object.wait_timeout(Duration::from_millis(30)).unwrap_err();
        assert!(start.elapsed() >= Duration::from_millis(30));
        assert_eq!(late.outstanding, Some(1));
        drop(guard);
        assert_eq!(object.wait_timeout(Duration::MAX), Ok(()), "no overflow");
        assert_eq!(object.wait_timeout(Duration::ZERO), Ok(()));
    }

    #[test]
    fn race_blocking_waits_are_woken_by_the_last_release() {
        for _ in 0..if cfg!(miri) { 3 } else { 300 } {
            let object = RundownRef::<Blocking>::new();
            let guard = object.try_acquire().unwrap();
            thread::scope(|threads| {
                threads.spawn(|| object.wait());
                threads.spawn(|| object.wait_until(soon()).unwrap());
                drop(guard);
            });
            assert_eq!(object.wait_until(at_once()), Ok(()));
        }
    }

    #[test]
    fn every_thread_has_a_slot_of_its_own_and_keeps_it() {
        let mine = ThreadSlot::current_slot();
        assert_eq!(ThreadSlot::current_slot(), mine);
        let others: Vec<_> = (0..4)
            .map(|_| thread::spawn(|| [ThreadSlot::current_slot(), ThreadSlot::current_slot()]))
            .map(|thread| thread.join().unwrap())
            .collect();
        for (at, other) in others.iter().enumerate() {
            assert_eq!(other[0], other[1]);
            assert_ne!(other[0], mine);
            assert!(others[..at].iter().all(|earlier| earlier[0] != other[0]));
        }
    }
}
