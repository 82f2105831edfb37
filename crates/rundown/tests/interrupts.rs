//! Decisions 11 and 12 against the machine: real interrupts, and memory that can't be written.
#![cfg(all(target_os = "linux", target_pointer_width = "64", not(miri)))]

mod common;

use common::{Chosen, Yield, page, run_on};
use rundown::{AcquireError, CacheAwareRundownRef, Rundown, RundownRef, StaticRundownRef};
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

unsafe extern "C" {
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> *mut c_void;
    fn setitimer(which: c_int, new: *const [i64; 4], old: *mut [i64; 4]) -> c_int;
    fn mprotect(address: *mut c_void, size: usize, protection: c_int) -> c_int;
}

const SIGALRM: c_int = 14;
const ITIMER_REAL: c_int = 0;
const PROT_READ: c_int = 1;
const PROT_WRITE: c_int = 2;

static PLAIN: RundownRef<Yield> = RundownRef::new();
static CACHE_AWARE: StaticRundownRef<Chosen, 2, Yield> = StaticRundownRef::new();
static INTERRUPTS: AtomicUsize = AtomicUsize::new(0);

extern "C" fn interrupt(_: c_int) {
    for _ in 0..3 {
        drop(PLAIN.try_acquire());
        let mut two = CACHE_AWARE.try_acquire_n(2).ok();
        drop(two.as_mut().and_then(|guard| guard.split(1)));
    }
    INTERRUPTS.fetch_add(1, SeqCst);
}

#[test]
fn d11_an_interrupt_may_acquire_and_release_in_the_middle_of_an_acquire_or_a_release() {
    let every_50_microseconds = [0, 50, 0, 50];
    // SAFETY: the handler only uses statics, by operations that are wait-free (that is the test).
    unsafe {
        signal(SIGALRM, interrupt);
        assert_eq!(setitimer(ITIMER_REAL, &every_50_microseconds, std::ptr::null_mut()), 0);
    }
    let end = Instant::now() + Duration::from_millis(300);
    let mut pairs = 0_u64;
    while Instant::now() < end {
        for core in 0..1000 {
            run_on(core);
            let one = PLAIN.try_acquire().unwrap();
            let other = CACHE_AWARE.try_acquire().unwrap();
            drop((one, other));
            pairs += 1;
        }
    }
    // SAFETY: as above.
    unsafe { setitimer(ITIMER_REAL, &[0; 4], std::ptr::null_mut()) };
    assert!(INTERRUPTS.load(SeqCst) > 10, "{pairs} pairs, too few interrupts");
    assert!(PLAIN.begin_run_down(), "every hold was given back");
    assert!(CACHE_AWARE.begin_run_down());
}

/// Runs `act` while the page can't be written: a write is a segmentation fault, the test dies.
fn while_read_only(page: *mut common::Page, act: impl FnOnce()) {
    // SAFETY: exactly one page, ours, and writable again before anybody else uses it.
    unsafe {
        assert_eq!(mprotect(page.cast(), 4096, PROT_READ), 0);
        act();
        assert_eq!(mprotect(page.cast(), 4096, PROT_READ | PROT_WRITE), 0);
    }
}

#[test]
fn d12_a_refused_acquire_writes_nothing_even_to_memory_that_cannot_be_written() {
    let memory = Box::into_raw(page());
    // SAFETY: the page is ours until it is boxed again below.
    let bytes = unsafe { &mut (*memory).0 };
    let object = CacheAwareRundownRef::<Chosen, Yield>::init_in(bytes, 4).unwrap();
    let object: &CacheAwareRundownRef<Chosen, Yield> = object;
    let guard = object.try_acquire().unwrap();
    object.begin_run_down();
    while_read_only(memory, || {
        for core in 0..8 {
            run_on(core);
            assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown);
            assert_eq!(object.try_acquire_n(9).unwrap_err(), AcquireError::RunDown);
            assert_eq!(object.try_acquire_n(usize::MAX).unwrap_err(), AcquireError::RunDown);
        }
        assert_eq!(object.outstanding(), Some(1), "looking writes nothing either");
        assert!(!object.begin_run_down(), "nor starting what has started");
    });
    run_on(0);
    drop(guard);
    object.wait();
    // SAFETY: from `into_raw` above.
    drop(unsafe { Box::from_raw(memory) });
}

#[test]
fn d12_a_refused_acquire_of_the_plain_object_writes_nothing() {
    let memory = Box::into_raw(page());
    let place = memory.cast::<RundownRef<Yield>>();
    // SAFETY: a page is large and aligned enough for two words, and ours.
    let object = unsafe {
        place.write(RundownRef::new());
        &*place
    };
    object.wait();
    while_read_only(memory, || {
        assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown);
        object.wait();
        assert!(object.completed().is_ok());
    });
    // SAFETY: from `into_raw` above; the object needs no drop once it is run down.
    drop(unsafe { Box::from_raw(memory) });
}
