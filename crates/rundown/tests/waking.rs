//! Who is woken, and when: no step wakes too few, and a release that is not the last wakes nobody.

mod common;

use common::{Chosen, run_on};
use rundown::{Checked, OverRelease, Park, Protected, Rundown, RundownRef, StaticRundownRef};
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::sync::LazyLock;

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
fn every_change_that_a_waiter_waits_for_wakes_once() {
    each_wake_up_has_a_cause(&RundownRef::<Counting>::with_park());
    each_wake_up_has_a_cause(&StaticRundownRef::<Chosen, 3, Counting>::new());
}

/// Whether the object is live, and how many holds are left.
type State = (bool, Option<usize>);

thread_local! {
    static LOOK: Cell<fn() -> State> = const { Cell::new(|| (false, None)) };
    static SEEN: RefCell<Vec<State>> = const { RefCell::new(Vec::new()) };
}

/// Looks at the object when it wakes, as the woken would.
struct Looking;

impl Park for Looking {
    type Deadline = ();

    fn park_until(_: *const (), ready: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        ready()
    }

    fn unpark_all(_: *const ()) {
        SEEN.with_borrow_mut(|seen| seen.push(LOOK.get()()));
    }
}

/// Runs `act`, and returns what the woken have seen.
fn seen_of(act: impl FnOnce()) -> Vec<State> {
    SEEN.take();
    act();
    SEEN.take()
}

fn state_of(object: &impl Rundown) -> State {
    (object.try_acquire_n(0).is_ok(), object.outstanding())
}

fn the_woken_find_what_they_are_woken_for<R: Rundown>(object: &R, look: fn() -> State) {
    LOOK.set(look);
    let (first, second) = (object.try_acquire().unwrap(), object.try_acquire().unwrap().leak());
    assert_eq!(seen_of(|| assert!(!object.begin_run_down())), [(false, Some(2))]);
    assert_eq!(seen_of(|| object.resurrect().unwrap()), [(true, None)]);
    let again = seen_of(|| assert!(!object.checked_begin_run_down().unwrap()));
    assert_eq!(again, [(false, Some(2))]);
    run_on(1);
    // SAFETY: the leaked hold.
    assert_eq!(seen_of(|| unsafe { object.release_n(second) }), []);
    assert_eq!(seen_of(|| drop(first)), [(false, Some(0))]);
    run_on(0);
    assert_eq!(seen_of(|| object.reinitialize().unwrap()), [(true, None)]);
    let last = object.try_acquire().unwrap().leak();
    object.begin_run_down();
    // SAFETY: the leaked hold.
    let released = seen_of(|| unsafe { object.checked_release_n(last).unwrap() });
    assert_eq!(released, [(false, Some(0))]);
}

#[test]
fn every_wake_up_comes_after_what_it_tells_of() {
    static PLAIN: RundownRef<Looking> = RundownRef::with_park();
    static CACHE_AWARE: StaticRundownRef<Chosen, 3, Looking> = StaticRundownRef::new();
    the_woken_find_what_they_are_woken_for(&PLAIN, || state_of(&PLAIN));
    the_woken_find_what_they_are_woken_for(&CACHE_AWARE, || state_of(&CACHE_AWARE));
}

#[test]
fn who_is_woken_by_a_new_value_finds_it() {
    static VALUE: LazyLock<Protected<u8, RundownRef<Looking>>> =
        LazyLock::new(|| Protected::empty(RundownRef::with_park()));
    LazyLock::force(&VALUE);
    LOOK.set(|| (VALUE.try_acquire().is_ok_and(|user| *user == 7), None));
    assert_eq!(seen_of(|| VALUE.put(7).unwrap()), [(true, None)]);
}

#[test]
fn a_sweep_that_finds_too_many_releases_wakes_who_waits_for_it() {
    // Never dropped: that would panic, as it should.
    let object = ManuallyDrop::new(StaticRundownRef::<Chosen, 3, Counting>::new());
    // SAFETY: nothing is held, which is what this is about; nothing is freed.
    unsafe { object.checked_release_n(1).unwrap() };
    let (found, wake_ups) = wake_ups_of(|| object.checked_begin_run_down());
    assert!(found.is_err());
    assert_eq!(wake_ups, 1);
}

type Act = Box<dyn FnOnce()>;

thread_local! {
    static WHILE_ASLEEP: Cell<Option<Act>> = const { Cell::new(None) };
}

/// Sleeps once: the test acts meanwhile, as another thread would.
struct Scripted;

impl Park for Scripted {
    type Deadline = ();

    fn park_until(_: *const (), ready: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        assert!(!ready(), "nothing to wait for");
        let act = WHILE_ASLEEP.take().expect("asleep a second time");
        act();
        assert!(ready(), "nothing to wait for any more");
        true
    }

    fn unpark_all(_: *const ()) {}
}

fn a_wait_sleeps_until_what_it_waits_for<R>(object: &'static R)
where
    R: Rundown,
    R::Park: Park<Deadline = ()>,
{
    let ways: [fn(&R); 3] = [
        |object| object.wait(),
        |object| object.checked_wait().unwrap(),
        |object| object.wait_until(()).unwrap(),
    ];
    for wait in ways {
        let count = object.try_acquire_n(2).unwrap().leak();
        // SAFETY: the leaked holds.
        WHILE_ASLEEP.set(Some(Box::new(move || unsafe { object.release_n(count) })));
        wait(object);
        assert!(object.is_run_down() && WHILE_ASLEEP.take().is_none(), "slept once");
        // Taken back meanwhile: the wait starts the run-down again.
        object.reinitialize().unwrap();
        let count = object.try_acquire().unwrap().leak();
        WHILE_ASLEEP.set(Some(Box::new(move || {
            object.resurrect().unwrap();
            // SAFETY: the leaked hold.
            unsafe { object.release_n(count) };
        })));
        wait(object);
        assert!(object.is_run_down() && WHILE_ASLEEP.take().is_none(), "slept once");
        object.reinitialize().unwrap();
    }
}

#[test]
fn a_wait_sleeps_while_holds_are_left_and_no_longer() {
    static PLAIN: RundownRef<Scripted> = RundownRef::with_park();
    static CACHE_AWARE: StaticRundownRef<Chosen, 3, Scripted> = StaticRundownRef::new();
    a_wait_sleeps_until_what_it_waits_for(&PLAIN);
    a_wait_sleeps_until_what_it_waits_for(&CACHE_AWARE);
}

#[test]
fn a_wait_ends_when_another_finds_too_many_releases() {
    static OBJECT: StaticRundownRef<Chosen, 3, Scripted> = StaticRundownRef::new();
    let count = OBJECT.try_acquire().unwrap().leak();
    WHILE_ASLEEP.set(Some(Box::new(move || {
        OBJECT.resurrect().unwrap();
        // SAFETY: one more than the leaked hold, which is what this is about; nothing is freed.
        unsafe { OBJECT.checked_release_n(count + 1).unwrap() };
        assert!(OBJECT.checked_begin_run_down().is_err());
    })));
    assert_eq!(OBJECT.checked_wait(), Err(OverRelease { held: 0, released: 1 }));
}

#[cfg(feature = "std")]
mod with_std {
    use super::*;
    use rundown::Blocking;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
    use std::sync::mpsc;
    use std::time::Duration;
    use std::{ptr, thread};

    #[test]
    fn every_sleeper_is_woken() {
        let (told, looks) = (AtomicBool::new(false), AtomicUsize::new(0));
        let address = (&raw const told).cast::<()>().addr();
        thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| {
                    let ready = &mut || {
                        looks.fetch_add(1, SeqCst);
                        told.load(SeqCst)
                    };
                    assert!(Blocking::park_until(ptr::without_provenance(address), ready, None));
                });
            }
            // Who has looked is asleep before the wake-up gets the lock.
            while looks.load(SeqCst) < 3 {
                thread::yield_now();
            }
            told.store(true, SeqCst);
            Blocking::unpark_all(ptr::without_provenance(address));
        });
    }

    #[test]
    fn a_wake_up_between_the_look_and_the_sleep_is_not_lost() {
        let told = AtomicBool::new(false);
        let address = (&raw const told).cast::<()>().addr();
        thread::scope(|threads| {
            let ready = &mut || {
                let before = told.load(SeqCst);
                if !before {
                    let (done, waker) = mpsc::channel();
                    threads.spawn(|| {
                        let done = done;
                        told.store(true, SeqCst);
                        Blocking::unpark_all(ptr::without_provenance(address));
                        let _ = done.send(());
                    });
                    // It can't be done before we sleep. If it were, we would sleep for ever.
                    let _ = waker.recv_timeout(Duration::from_millis(200));
                }
                before
            };
            assert!(Blocking::park_until(ptr::without_provenance(address), ready, None));
        });
    }
}
