//! Wakers that use the table they are registered in: none of their code runs while it is locked.
#![cfg(feature = "std")]

use rundown::{Blocking, Park};
use std::cell::RefCell;
use std::panic::catch_unwind;
use std::sync::mpsc;
use std::task::{RawWaker, RawWakerVTable, Waker};
use std::thread;
use std::time::{Duration, Instant};

thread_local! {
    static CALLS: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// The functions of a waker whose data is the address of the object that it waits for.
static FUNCTIONS: RawWakerVTable = RawWakerVTable::new(
    |address| {
        use_the_table("clone", address);
        RawWaker::new(address, &FUNCTIONS)
    },
    |address| use_the_table("wake", address),
    |address| use_the_table("wake by reference", address),
    |address| use_the_table("drop", address),
);

/// Takes the lock of the address twice: it never comes back if the caller has it.
fn use_the_table(what: &'static str, address: *const ()) {
    CALLS.with_borrow_mut(|calls| calls.push(what));
    let mut ticket = 0;
    Blocking::register(address, Waker::noop(), &mut ticket);
    Blocking::unregister(address, ticket);
}

/// Calls `act`, and returns which functions of wakers it has called.
fn calls_of<T>(act: impl FnOnce() -> T) -> Vec<&'static str> {
    CALLS.take();
    act();
    CALLS.take()
}

/// Runs the test with an address that nobody else uses and a waker for it, on a thread of its own, which
/// has to come back.
fn with_a_waker(test: impl FnOnce(*const (), Waker) + Send + 'static) {
    let (done, end) = mpsc::channel();
    let thread = thread::spawn(move || {
        let place = 0_u64;
        let address = (&raw const place).cast();
        // SAFETY: the functions use the data as a number only, so any thread may call them at any time.
        let waker = unsafe { Waker::new(address, &FUNCTIONS) };
        test(address, waker);
        drop(done);
    });
    // Without a message: it ends when the thread does, also by a panic.
    let waited = end.recv_timeout(Duration::from_secs(20));
    assert_ne!(waited, Err::<(), _>(mpsc::RecvTimeoutError::Timeout), "a waker met the lock");
    thread.join().unwrap();
}

#[test]
fn a_waker_is_cloned_and_the_one_it_replaces_dropped_without_the_lock() {
    with_a_waker(|address, waker| {
        let mut ticket = 0;
        let mut register =
            |waker: &Waker| calls_of(|| Blocking::register(address, waker, &mut ticket));
        assert_eq!(register(&waker), ["clone"]);
        assert_eq!(register(&waker), ["clone", "drop"]);
        assert_eq!(register(Waker::noop()), ["drop"]);
        Blocking::unregister(address, ticket);
    });
}

#[test]
fn a_waker_that_is_not_wanted_any_more_is_dropped_without_the_lock() {
    with_a_waker(|address, waker| {
        let mut ticket = 0;
        Blocking::register(address, &waker, &mut ticket);
        assert_eq!(calls_of(|| Blocking::unregister(address, ticket)), ["drop"]);
    });
}

#[test]
fn a_waker_is_called_without_the_lock() {
    with_a_waker(|address, waker| {
        let mut tickets = [0; 2];
        tickets.iter_mut().for_each(|ticket| Blocking::register(address, &waker, ticket));
        assert_eq!(calls_of(|| Blocking::unpark_all(address)), ["wake", "wake"]);
        let later = calls_of(|| tickets.map(|ticket| Blocking::unregister(address, ticket)));
        assert_eq!(later, [""; 0], "the table holds none of them any more");
    });
}

#[test]
fn a_look_that_panics_leaves_the_table_to_the_others() {
    with_a_waker(|address, waker| {
        let look = || Blocking::park_until(address, &mut || panic!("a look's own"), None);
        assert!(catch_unwind(look).is_err());
        let mut ticket = 0;
        Blocking::register(address, &waker, &mut ticket);
        assert!(Blocking::park_until(address, &mut || true, None));
        let deadline = Some(Instant::now());
        assert!(!Blocking::park_until(address, &mut || false, deadline));
        assert_eq!(calls_of(|| Blocking::unpark_all(address)), ["wake"]);
    });
}
