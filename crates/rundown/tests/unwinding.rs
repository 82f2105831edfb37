//! What is dropped while its thread unwinds: the first panic comes through, a second one would abort.
#![cfg(feature = "std")]

mod common;

use common::{Chosen, Yield};
use rundown::{
    Blocking, Park, Protected, Rundown, RundownGuard, RundownRef, StaticRundownRef, StaticSlotPool,
};
use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Wake, Waker};

/// What the first panic says.
struct First;

/// Panics, and no hook writes a way through the stack: that of a panic while another is on its way is always whole,
/// and takes Miri seconds.
fn panic_in_silence<T: Send + 'static>(says: T) -> ! {
    resume_unwind(Box::new(says))
}

/// Panics with this value in the hands of the thread, which is dropped as it unwinds.
fn unwinds_with<T>(value: T) {
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _value = value;
        panic_in_silence(First);
    }));
    assert!(unwound.unwrap_err().is::<First>());
}

/// Returns the object with a hold that nobody can release any more.
fn held<R: Rundown>(object: R) -> R {
    let _ = object.try_acquire().unwrap().leak();
    object
}

#[test]
fn a_held_object_says_nothing() {
    unwinds_with(held(RundownRef::<Yield>::with_park()));
    unwinds_with(held(StaticRundownRef::<Chosen, 3, Yield>::new()));
    unwinds_with(Protected::<_>::new(held(RundownRef::new()), 1));
    #[cfg(feature = "alloc")]
    unwinds_with(held_box());
}

#[cfg(feature = "alloc")]
fn held_box() -> Box<rundown::CacheAwareRundownRef<Chosen>> {
    let object = rundown::CacheAwareRundownRef::boxed(2).unwrap();
    let _ = object.try_acquire().unwrap().leak();
    object
}

#[test]
fn a_guard_gives_its_hold_back() {
    let object = RundownRef::<Yield>::with_park();
    unwinds_with(object.try_acquire_n(3).unwrap());
    assert!(object.begin_run_down());
}

#[test]
fn a_guard_whose_hold_is_gone_says_nothing_and_the_count_stays() {
    let object = RundownRef::<Yield>::with_park();
    // SAFETY: not kept, that is the test. Nothing is protected by the object.
    let release_too_many = || unsafe { RundownGuard::adopt(&object, 1) };
    unwinds_with(release_too_many());
    assert!(object.begin_run_down(), "live");
    unwinds_with(release_too_many());
    assert!(object.is_run_down());
}

#[test]
fn a_future_takes_its_waker_along() {
    struct Silent;
    impl Wake for Silent {
        fn wake(self: Arc<Self>) {}
    }
    let object = RundownRef::<Blocking>::with_park();
    let guard = object.try_acquire().unwrap();
    let silent = Arc::new(Silent);
    let waker = Waker::from(silent.clone());
    object.begin_run_down();
    let mut drained = Box::pin(object.drained());
    assert!(drained.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    unwinds_with((drained, waker));
    assert_eq!(Arc::strong_count(&silent), 1, "nobody keeps a waker");
    drop(guard);
}

#[test]
fn a_last_release_wakes_and_a_waker_that_panics_is_not_heard() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a second one");
        }
    }
    let object = RundownRef::<Blocking>::with_park();
    let guard = object.try_acquire().unwrap();
    let waker = Waker::from(Arc::new(Panics));
    object.begin_run_down();
    let mut drained = pin!(object.drained());
    assert!(drained.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    unwinds_with(guard);
    assert!(object.is_run_down());
}

/// Says so when it is dropped, by a panic.
struct Fragile;

impl Drop for Fragile {
    fn drop(&mut self) {
        panic_in_silence("a second one");
    }
}

impl Wake for Fragile {
    fn wake(self: Arc<Self>) {
        std::mem::forget(self);
    }
}

/// Does something as it is dropped.
struct AtDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for AtDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn a_future_takes_its_waker_along_and_the_wakers_drop_is_not_heard() {
    let object = RundownRef::<Blocking>::with_park();
    let guard = object.try_acquire().unwrap();
    object.begin_run_down();
    let poll = || {
        // The registered clone is the last one.
        let waker = std::mem::ManuallyDrop::new(Waker::from(Arc::new(Fragile)));
        let mut drained = Box::pin(object.drained());
        assert!(drained.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        // SAFETY: gives back the count of the one that is never dropped.
        unsafe { Arc::decrement_strong_count(waker.data().cast::<Fragile>()) };
        drained
    };
    let drained = poll();
    let heard = catch_unwind(AssertUnwindSafe(|| drop(drained))).unwrap_err();
    assert_eq!(heard.downcast_ref(), Some(&"a second one"), "it is, when nobody unwinds");
    unwinds_with(poll());
    let mut moving = poll();
    unwinds_with(AtDrop(|| {
        let polled = moving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending(), "with another waker");
    }));
    drop(moving);
    drop(guard);
}

#[test]
fn a_waker_that_is_withdrawn_as_its_thread_unwinds_is_not_heard() {
    let place = 0_u64;
    let address = (&raw const place).cast();
    let mut ticket = 0;
    let waker = std::mem::ManuallyDrop::new(Waker::from(Arc::new(Fragile)));
    Blocking::register(address, &waker, &mut ticket);
    // SAFETY: gives back the count of the one that is never dropped; the registered one is the last then.
    unsafe { Arc::decrement_strong_count(waker.data().cast::<Fragile>()) };
    unwinds_with(AtDrop(|| Blocking::unregister(address, ticket)));
}

/// A park that panics when it is asked to forget or to wake, if the thread says so.
struct Hostile;

thread_local! {
    static ANGRY: Cell<bool> = const { Cell::new(false) };
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

fn asked() {
    ASKED.set(ASKED.get() + 1);
    if ANGRY.get() {
        panic_in_silence("a second one");
    }
}

impl Park for Hostile {
    type Deadline = ();

    fn park_until(_: *const (), ready: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        ready()
    }

    fn unpark_all(_: *const ()) {
        asked();
    }

    fn register(_: *const (), _: &Waker, ticket: &mut u64) {
        *ticket = 7;
    }

    fn unregister(_: *const (), _: u64) {
        asked();
    }
}

/// Runs `act` with a park that panics, and returns how often that was asked.
fn angrily<T>(act: impl FnOnce() -> T) -> (usize, T) {
    ASKED.set(0);
    ANGRY.set(true);
    let result = act();
    ANGRY.set(false);
    (ASKED.get(), result)
}

#[test]
fn a_future_withdraws_its_waker_from_a_park_that_is_not_heard() {
    let value = Protected::new(RundownRef::<Hostile>::with_park(), 1);
    let user = value.try_acquire().unwrap();
    let context = &mut Context::from_waker(Waker::noop());
    let mut drained = Box::pin(value.drained());
    assert!(drained.as_mut().poll(context).is_pending());
    assert_eq!(angrily(|| unwinds_with(drained)).0, 1);
    let mut closing = Box::pin(value.run_down_async());
    assert!(closing.as_mut().poll(context).is_pending());
    assert_eq!(angrily(|| unwinds_with(closing)).0, 1);
    drop(user);
    assert_eq!(value.try_run_down(), Some(1));
}

#[test]
fn the_last_guard_wakes_by_a_park_that_is_not_heard() {
    let object = RundownRef::<Hostile>::with_park();
    for count in [1, 3] {
        let guard = object.try_acquire_n(count).unwrap();
        object.begin_run_down();
        assert_eq!(angrily(|| unwinds_with(guard)).0, 1);
        assert!(object.is_run_down(), "the release is done");
        object.reinitialize().unwrap();
    }
    let value = Protected::new(object, 1);
    let user = value.try_acquire().unwrap();
    value.begin_run_down();
    assert_eq!(angrily(|| unwinds_with(user)).0, 1);
    assert_eq!(value.try_run_down(), Some(1));
}

#[test]
fn a_poll_that_panics_as_it_withdraws_its_waker_does_not_withdraw_it_again() {
    let value = Protected::new(RundownRef::<Hostile>::with_park(), 1);
    let user = value.try_acquire().unwrap();
    let context = &mut Context::from_waker(Waker::noop());
    let mut closing = Box::pin(value.run_down_async());
    assert!(closing.as_mut().poll(context).is_pending());
    drop(user);
    let polled = AssertUnwindSafe(|| {
        let mut closing = closing;
        closing.as_mut().poll(context).is_ready()
    });
    let (asked, heard) = angrily(|| catch_unwind(polled));
    assert_eq!(heard.unwrap_err().downcast_ref(), Some(&"a second one"), "a poll is no drop");
    assert_eq!(asked, 1, "and the drop in its unwinding is none to ask again");
    assert_eq!(value.try_run_down(), Some(1));
}

#[test]
fn an_object_goes_back_to_its_pool_past_a_park_that_is_not_heard() {
    let pool = StaticSlotPool::<Chosen, 2, 3, Hostile>::new();
    let taken: Vec<_> = std::iter::from_fn(|| pool.take().ok()).collect();
    assert_eq!(taken.len(), pool.capacity());
    let (asked, ()) = angrily(|| unwinds_with(taken));
    assert!(asked >= pool.capacity(), "each run-down wakes");
    let again: Vec<_> = std::iter::from_fn(|| pool.take().ok()).collect();
    assert_eq!(again.len(), pool.capacity());
}

/// Panics with something whose drop panics, too.
struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        panic_in_silence(Fragile);
    }
}

#[test]
fn a_waker_whose_panic_can_not_even_be_dropped_is_not_heard() {
    let object = RundownRef::<Blocking>::with_park();
    let guard = object.try_acquire().unwrap();
    let bomb = Waker::from(Arc::new(Bomb));
    object.begin_run_down();
    let mut drained = [(); 3].map(|()| Box::pin(object.drained()));
    for future in &mut drained {
        assert!(future.as_mut().poll(&mut Context::from_waker(&bomb)).is_pending());
    }
    unwinds_with(guard);
    assert!(object.is_run_down());
}

#[test]
fn a_waker_that_panics_is_not_heard_when_an_owner_acts_in_a_drop() {
    let object = RundownRef::<Blocking>::with_park();
    let guard = object.try_acquire().unwrap();
    let bomb = Waker::from(Arc::new(Bomb));
    object.begin_run_down();
    let mut drained = pin!(object.drained());
    assert!(drained.as_mut().poll(&mut Context::from_waker(&bomb)).is_pending());
    unwinds_with(AtDrop(|| object.resurrect().unwrap()));
    drop(guard);
}

#[test]
fn of_several_wakers_that_panic_the_first_is_heard_and_the_rest_is_woken() {
    struct Woken(AtomicUsize);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let object = RundownRef::<Blocking>::with_park();
    let guard = object.try_acquire().unwrap();
    object.begin_run_down();
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    let [first, second] = [(); 2].map(|()| Waker::from(Arc::new(Bomb)));
    let wakers = [first, second, Waker::from(woken.clone())];
    let mut drained = wakers.each_ref().map(|_| Box::pin(object.drained()));
    for (future, waker) in drained.iter_mut().zip(&wakers) {
        assert!(future.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    }
    let heard = catch_unwind(AssertUnwindSafe(|| drop(guard))).unwrap_err();
    assert!(heard.is::<Fragile>());
    std::mem::forget(heard);
    assert_eq!(woken.0.load(SeqCst), 1);
}
