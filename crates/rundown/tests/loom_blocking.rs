//! Models of `Blocking`, each named after what must not go wrong.
//!
//! What runs is the shipped table of sleepers and wakers, on loom's locks. A lost wake-up is a deadlock,
//! which loom reports. Run by `scripts/prove`, or by hand with `RUSTFLAGS="--cfg rundown_loom"` and
//! feature `std`.
#![cfg(all(rundown_loom, feature = "std"))]

mod loom_model;

use loom::sync::{Condvar, Mutex};
use loom::thread::{self, JoinHandle};
use loom_model::{OnCore, explore, run_on};
use rundown::{Blocking, Drained, Park, Rundown, RundownRef, StaticRundownRef};
use std::future::Future;
use std::pin::{Pin, pin};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

type One = RundownRef<Blocking>;
type Two = StaticRundownRef<OnCore, 2, Blocking>;

/// Two addresses that share a bucket, and one that does not.
const HERE: usize = 0x1000;
const SAME_BUCKET: usize = 0x6c000;
const OTHER_BUCKET: usize = 0x2000;

fn at(address: usize) -> *const () {
    ptr::without_provenance(address)
}

fn model(race: impl Fn() + Sync + Send + 'static) {
    explore(move || {
        // Made before any thread starts: being the first to touch it would order threads by itself.
        Blocking::unpark_all(at(HERE));
        race();
    });
}

/// Wakes the thread that polls a future.
#[derive(Default)]
struct Bell {
    rang: Mutex<bool>,
    changed: Condvar,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        *self.rang.lock().unwrap() = true;
        self.changed.notify_one();
    }
}

impl Bell {
    fn wait(&self) {
        let mut rang = self.rang.lock().unwrap();
        while !std::mem::take(&mut *rang) {
            rang = self.changed.wait(rang).unwrap();
        }
    }
}

fn poll(future: Pin<&mut impl Future<Output = ()>>, bell: &Arc<Bell>) -> Poll<()> {
    future.poll(&mut Context::from_waker(&Waker::from(bell.clone())))
}

/// A small executor: polls, and sleeps until it is woken.
fn block_on(mut future: Pin<&mut Drained<'_, impl Rundown>>) {
    let bell = Arc::new(Bell::default());
    while poll(future.as_mut(), &bell).is_pending() {
        bell.wait();
    }
}

/// Starts a thread that releases a hold, leaked before, on the other core.
fn releases<R: Rundown + Send + Sync + 'static>(object: &Arc<R>) -> JoinHandle<()> {
    let object = object.clone();
    thread::spawn(move || {
        run_on(1);
        // SAFETY: the leaked hold.
        unsafe { object.release_n(1) };
    })
}

fn held<R: Rundown>(object: R) -> Arc<R> {
    let _ = object.try_acquire().unwrap().leak();
    Arc::new(object)
}

/// Waits at an address until a value has come.
struct Flag(Mutex<usize>);

impl Flag {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(0)))
    }

    fn wait(&self, address: usize, value: usize, deadline: Option<Instant>) -> bool {
        Blocking::park_until(at(address), &mut || *self.0.lock().unwrap() >= value, deadline)
    }

    fn raise(&self, address: usize) {
        *self.0.lock().unwrap() += 1;
        Blocking::unpark_all(at(address));
    }
}

/// Starts a thread that waits at an address.
fn waits(flag: &Arc<Flag>, address: usize) -> JoinHandle<()> {
    let flag = flag.clone();
    thread::spawn(move || assert!(flag.wait(address, 1, None)))
}

#[test]
fn the_last_release_against_one_who_goes_to_sleep() {
    model(|| {
        let object = held(One::with_park());
        let other = releases(&object);
        object.wait();
        other.join().unwrap();
    });
    model(|| {
        let object = held(Two::new());
        let other = releases(&object);
        object.wait();
        other.join().unwrap();
    });
}

#[test]
fn one_wake_up_against_two_who_go_to_sleep() {
    model(|| {
        let flag = Flag::new();
        let asleep = [waits(&flag, HERE), waits(&flag, HERE)];
        flag.raise(HERE);
        asleep.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn two_addresses_of_one_bucket_have_one_sleeper_each() {
    model(|| {
        let flags = [Flag::new(), Flag::new()];
        let first = waits(&flags[0], HERE);
        let second = waits(&flags[1], SAME_BUCKET);
        flags[1].raise(SAME_BUCKET);
        second.join().unwrap();
        flags[0].raise(HERE);
        first.join().unwrap();
    });
}

#[test]
fn one_who_sleeps_at_one_address_after_another() {
    for next in [HERE, SAME_BUCKET, OTHER_BUCKET] {
        model(move || {
            let flag = Flag::new();
            let other = flag.clone();
            let asleep = thread::spawn(move || {
                assert!(other.wait(HERE, 1, None));
                assert!(other.wait(next, 2, None));
            });
            flag.raise(HERE);
            flag.raise(next);
            asleep.join().unwrap();
        });
    }
}

#[test]
fn a_deadline_that_is_far_does_not_change_the_wake_up() {
    model(|| {
        let flag = Flag::new();
        let other = flag.clone();
        let soon = Instant::now() + Duration::from_secs(1 << 30);
        let asleep = thread::spawn(move || assert!(other.wait(HERE, 1, Some(soon))));
        flag.raise(HERE);
        asleep.join().unwrap();
    });
}

#[test]
fn who_gives_up_at_a_deadline_against_the_wake_up_of_another() {
    model(|| {
        let flag = Flag::new();
        let other = flag.clone();
        let asleep = waits(&flag, HERE);
        let past = Instant::now();
        let gives_up = thread::spawn(move || {
            let _ = other.wait(HERE, 1, Some(past));
        });
        flag.raise(HERE);
        asleep.join().unwrap();
        gives_up.join().unwrap();
    });
}

#[test]
fn a_wait_that_overlaps_a_new_round_is_woken() {
    model(|| {
        let object = held(One::with_park());
        let other = object.clone();
        // It returns at the end of the first round or, if it has not looked by then, of the second.
        let waiter = thread::spawn(move || other.wait());
        // SAFETY: the leaked hold.
        unsafe { object.release_n(1) };
        object.wait();
        object.reinitialize().unwrap();
        object.begin_run_down();
        waiter.join().unwrap();
    });
}

#[test]
fn the_last_release_against_a_future() {
    model(|| {
        let object = held(One::with_park());
        let other = releases(&object);
        block_on(pin!(object.drained()));
        other.join().unwrap();
    });
}

#[test]
fn the_last_release_wakes_a_future_and_a_sleeper() {
    model(|| {
        let object = held(One::with_park());
        let other = object.clone();
        let asleep = thread::spawn(move || other.wait());
        let bell = Arc::new(Bell::default());
        let mut future = pin!(object.drained());
        assert!(poll(future.as_mut(), &bell).is_pending());
        // SAFETY: the leaked hold.
        unsafe { object.release_n(1) };
        bell.wait();
        assert!(poll(future.as_mut(), &bell).is_ready());
        asleep.join().unwrap();
    });
}

#[test]
fn a_waker_that_is_replaced_against_the_last_release() {
    model(|| {
        let object = held(One::with_park());
        let other = releases(&object);
        let bells = [(); 2].map(|()| Arc::new(Bell::default()));
        let mut future = pin!(object.drained());
        if bells.iter().all(|bell| poll(future.as_mut(), bell).is_pending()) {
            bells[1].wait(); // the last one that polled
            assert!(poll(future.as_mut(), &bells[1]).is_ready());
        }
        other.join().unwrap();
    });
}

#[test]
fn a_waker_that_is_withdrawn_against_the_last_release() {
    model(|| {
        let object = held(One::with_park());
        let other = releases(&object);
        let [mut stays, mut goes] = [(); 2].map(|()| Box::pin(object.drained()));
        let bells = [(); 2].map(|()| Arc::new(Bell::default()));
        let first = poll(goes.as_mut(), &bells[0]);
        let second = poll(stays.as_mut(), &bells[1]);
        drop(goes);
        if second.is_pending() {
            assert!(first.is_pending());
            bells[1].wait();
            assert!(poll(stays.as_mut(), &bells[1]).is_ready());
        }
        other.join().unwrap();
    });
}

#[test]
fn two_futures_of_one_object_on_two_threads() {
    model(|| {
        let object = held(One::with_park());
        let other = object.clone();
        let second = thread::spawn(move || block_on(pin!(other.drained())));
        // SAFETY: the leaked hold.
        unsafe { object.release_n(1) };
        block_on(pin!(object.drained()));
        second.join().unwrap();
    });
}

/// Counts how often it is woken.
#[derive(Default)]
struct Counts(AtomicUsize);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn wakers_of_one_bucket_are_woken_by_their_own_address_and_once() {
    model(|| {
        let bells = [(); 3].map(|()| Arc::new(Counts::default()));
        let places = [HERE, SAME_BUCKET, OTHER_BUCKET];
        let register = |index: usize, ticket: &mut u64| {
            Blocking::register(at(places[index]), &Waker::from(bells[index].clone()), ticket);
        };
        let counts = || bells.each_ref().map(|bell| bell.0.load(SeqCst));
        let mut tickets = [0; 3];
        (0..3).for_each(|index| register(index, &mut tickets[index]));
        assert!(tickets.iter().all(|ticket| *ticket != 0));
        Blocking::unpark_all(at(HERE));
        assert_eq!(counts(), [1, 0, 0]);
        register(0, &mut tickets[0]); // its registration is gone: a new one
        let other = thread::spawn(|| Blocking::unpark_all(at(SAME_BUCKET)));
        Blocking::unpark_all(at(HERE));
        other.join().unwrap();
        assert_eq!(counts(), [2, 1, 0]);
        places.iter().for_each(|place| Blocking::unpark_all(at(*place)));
        assert_eq!(counts(), [2, 1, 1]);
        // Each registration that stood is gone with its wake-up.
        places.iter().for_each(|place| Blocking::unpark_all(at(*place)));
        assert_eq!(counts(), [2, 1, 1]);
        assert!(bells.iter().all(|bell| Arc::strong_count(bell) == 1), "nobody keeps a waker");
    });
}
