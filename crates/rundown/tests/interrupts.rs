//! Decisions 11 and 12 against the machine: real interrupts, and memory that can't be written.
#![cfg(all(target_os = "linux", target_pointer_width = "64", not(miri)))]

mod common;

use common::{Chosen, Yield, page, run_on};
use rundown::{
    AcquireError, CacheAwareRundownRef, Rundown, RundownRef, SlotPool, StaticRundownRef,
};
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

unsafe extern "C" {
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> *mut c_void;
    fn pthread_self() -> usize;
    fn pthread_kill(thread: usize, number: c_int) -> c_int;
    fn mprotect(address: *mut c_void, size: usize, protection: c_int) -> c_int;
}

const SIGUSR1: c_int = 10;
const PROT_READ: c_int = 1;
const PROT_WRITE: c_int = 2;

static PLAIN: RundownRef<Yield> = RundownRef::with_park();
static CACHE_AWARE: StaticRundownRef<Chosen, 2, Yield> = StaticRundownRef::new();

thread_local! {
    /// This thread is between the start of an acquire and the end of its release.
    static AT_WORK: Cell<bool> = const { Cell::new(false) };
    /// How many signals found it there; each has left a hold of both objects.
    static INTERRUPTED: Cell<usize> = const { Cell::new(0) };
}

/// Takes two holds and gives one back. A pair that it interrupts would lose the other if it wrote
/// back what it had read before.
extern "C" fn interrupt(_: c_int) {
    if !AT_WORK.get() {
        return;
    }
    for _ in 0..2 {
        assert_eq!(PLAIN.try_acquire().unwrap().leak(), 1);
        assert_eq!(CACHE_AWARE.try_acquire().unwrap().leak(), 1);
    }
    release(1);
    INTERRUPTED.set(INTERRUPTED.get() + 1);
}

fn release(count: usize) {
    // SAFETY: every caller has leaked that many holds of both.
    unsafe {
        PLAIN.release_n(count);
        CACHE_AWARE.release_n(count);
    }
}

/// Acquires and releases, on both slots in turn, until it has been interrupted often enough.
fn pairs_until_interrupted(times: usize, deadline: Instant) {
    let (mut pairs, mut given_back) = (0_u64, 0);
    while given_back < times {
        assert!(Instant::now() < deadline, "{given_back} interrupts in {pairs} pairs");
        for core in 0..1000 {
            run_on(core);
            AT_WORK.set(true);
            let one = PLAIN.try_acquire().unwrap();
            let other = CACHE_AWARE.try_acquire().unwrap();
            drop((one, other));
            AT_WORK.set(false);
            pairs += 1;
        }
        let left = INTERRUPTED.get() - given_back;
        release(left);
        given_back += left;
    }
}

#[test]
fn d11_an_interrupt_may_acquire_and_release_in_the_middle_of_an_acquire_or_a_release() {
    // SAFETY: the handler only uses statics, by operations that are wait-free (that is the test),
    // and this thread's own cells, which are constants without a destructor.
    unsafe { signal(SIGUSR1, interrupt) };
    // SAFETY: no argument, cannot fail.
    let worker = unsafe { pthread_self() };
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Sent to this thread by name: one sent to the process would run on any thread.
        scope.spawn(|| {
            while !done.load(SeqCst) {
                // SAFETY: the worker outlives the scope, and the scope this thread.
                assert_eq!(unsafe { pthread_kill(worker, SIGUSR1) }, 0);
                std::thread::sleep(Duration::from_micros(20));
            }
        });
        // A tenth of a second, but minutes on a machine that has no time for us.
        let work = || pairs_until_interrupted(1000, Instant::now() + Duration::from_secs(600));
        let worked = std::panic::catch_unwind(work);
        done.store(true, SeqCst);
        worked.unwrap_or_else(|failure| std::panic::resume_unwind(failure));
    });
    assert!(PLAIN.begin_run_down(), "no hold of the plain object is left, or lost");
    assert!(CACHE_AWARE.begin_run_down(), "nor of the cache-aware one");
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
        place.write(RundownRef::with_park());
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

#[test]
fn d12_a_refused_acquire_of_a_pooled_object_writes_nothing() {
    let memory = Box::into_raw(page());
    // SAFETY: the page is ours until it is boxed again below.
    let pool = unsafe { SlotPool::<Chosen, Yield>::init_at(memory.cast(), 4096, 3, 2) }.unwrap();
    let object = pool.take().unwrap();
    let guard = object.try_acquire().unwrap();
    object.begin_run_down();
    while_read_only(memory, || {
        for core in 0..6 {
            run_on(core);
            assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown);
            assert_eq!(object.try_acquire_n(usize::MAX).unwrap_err(), AcquireError::RunDown);
        }
        assert_eq!(object.outstanding(), Some(1));
        assert!(!object.begin_run_down());
    });
    run_on(0);
    drop(guard);
    drop(object);
    drop(pool);
    // SAFETY: from `into_raw` above.
    drop(unsafe { Box::from_raw(memory) });
}
