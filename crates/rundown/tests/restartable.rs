//! The restartable object against what its additions have to fear: threads beyond processors, hand-overs,
//! signals, processes that split, and systems that refuse. The contract's tests are in the other files.
#![cfg(all(feature = "std", not(rundown_loom)))]

mod common;

use common::{Chosen, Yield, soon};
use rundown::{
    AcquireError, Blocking, InitError, MAX_SLOTS, NotRunDown, ProcessorSlot, Protected,
    RestartableRundownRef, Rundown, RundownGuard, StaticRestartableRundownRef,
};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Instant;

type Object = RestartableRundownRef<Blocking>;

const ROUNDS: usize = if cfg!(miri) { 3 } else { 300 };

fn object() -> Box<Object> {
    Object::boxed(ProcessorSlot::slot_count()).unwrap()
}

/// More threads than processors.
fn many() -> usize {
    if cfg!(miri) { 3 } else { 2 * ProcessorSlot::slot_count() + 2 }
}

/// Uses the object until `end`: while it is held, `live` stays true. Returns how often it was granted.
fn use_it(object: &Object, live: &AtomicBool, end: &AtomicBool) -> usize {
    let mut granted = 0;
    while granted == 0 || !end.load(SeqCst) {
        for count in 1..10 {
            if let Ok(mut guard) = object.try_acquire_n(count) {
                assert!(live.load(SeqCst), "granted, and gone");
                let other = guard.split(count / 2);
                drop(guard);
                drop(other);
                granted += 1;
            }
        }
        thread::yield_now();
    }
    granted
}

#[test]
fn nobody_is_inside_after_the_drain_however_many_threads_use_it() {
    let (object, live, end) = (object(), AtomicBool::new(true), AtomicBool::new(false));
    let granted = thread::scope(|threads| {
        let run = || use_it(&object, &live, &end);
        let users: Vec<_> = (0..many()).map(|_| threads.spawn(run)).collect();
        for round in 0..ROUNDS {
            object.wait_until(soon()).unwrap();
            live.store(false, SeqCst);
            assert_eq!(object.try_acquire().unwrap_err(), AcquireError::RunDown, "{round}");
            thread::yield_now();
            live.store(true, SeqCst);
            object.reinitialize().unwrap();
            thread::yield_now();
        }
        end.store(true, SeqCst);
        users.into_iter().map(|user| user.join().unwrap()).sum::<usize>()
    });
    assert!(granted > 0);
    object.wait_until(soon()).unwrap();
}

#[test]
fn a_run_down_is_taken_back_again_and_again_under_load() {
    let (object, live, end) = (object(), AtomicBool::new(true), AtomicBool::new(false));
    thread::scope(|threads| {
        for _ in 0..many() {
            threads.spawn(|| use_it(&object, &live, &end));
        }
        let mine = object.try_acquire().unwrap();
        for _ in 0..ROUNDS {
            assert!(!object.begin_run_down(), "held");
            assert_eq!(object.reinitialize(), Err(NotRunDown));
            object.resurrect().unwrap();
            drop(object.try_acquire().expect("live"));
        }
        drop(mine);
        end.store(true, SeqCst);
    });
    object.wait_until(soon()).unwrap();
    assert_eq!(object.outstanding(), Some(0));
}

#[test]
fn a_hold_may_be_released_anywhere_also_when_its_thread_has_ended() {
    let object = object();
    let (give, take) = mpsc::channel();
    thread::scope(|threads| {
        for _ in 0..many() {
            let (give, object) = (give.clone(), &object);
            threads.spawn(move || {
                for _ in 0..3 {
                    give.send(object.try_acquire().unwrap()).unwrap();
                }
                object.try_acquire_n(3).unwrap().leak()
            });
        }
        drop(give);
        let held: Vec<_> = take.iter().collect();
        assert_eq!(held.len(), many() * 3);
        assert!(!object.begin_run_down());
        let half = held.into_iter().enumerate().filter(|(at, _)| at % 2 == 0).collect::<Vec<_>>();
        threads.spawn(move || drop(half));
    });
    assert_eq!(object.outstanding(), Some(3 * many()));
    // SAFETY: the leaked holds, that nobody else releases.
    let mut rest = unsafe { RundownGuard::adopt(&*object, 3 * many()) };
    drop(rest.split(1));
    assert!(!object.is_run_down());
    drop(rest);
    object.wait_until(soon()).unwrap();
}

#[test]
fn the_memory_is_free_at_once_after_the_wait() {
    for _ in 0..ROUNDS {
        let object = Box::into_raw(object());
        // SAFETY: live until the wait below returns.
        let size = unsafe { size_of_val(&*object) };
        let counts = [1, 2, 3].map(|count| {
            // SAFETY: as above.
            unsafe { &*object }.try_acquire_n(count).unwrap().leak()
        });
        let bytes = object.cast::<u8>();
        thread::scope(|threads| {
            for count in counts {
                let shared = std::sync::atomic::AtomicPtr::new(bytes);
                let slots = ProcessorSlot::slot_count();
                threads.spawn(move || {
                    let first = shared.into_inner();
                    let object = std::ptr::slice_from_raw_parts(first, slots) as *const Object;
                    // SAFETY: the leaked holds keep the object alive.
                    unsafe { (*object).release_n(count) };
                });
            }
            // SAFETY: after the wait the object is ours alone.
            unsafe {
                (*object).wait_until(soon()).unwrap();
                std::ptr::drop_in_place(object);
                bytes.write_bytes(0xaa, size);
            }
        });
        // SAFETY: nobody uses the memory any more; it was a box.
        unsafe {
            let after = std::slice::from_raw_parts(bytes, size);
            assert!(after.iter().all(|byte| *byte == 0xaa), "somebody wrote after the wait");
            let layout = std::alloc::Layout::from_size_align(size, rundown::CACHE_LINE);
            std::alloc::dealloc(bytes, layout.unwrap());
        }
    }
}

#[test]
fn an_object_that_starts_disabled_refuses_until_reinitialize() {
    static OBJECT: StaticRestartableRundownRef<64> = StaticRestartableRundownRef::new_run_down();
    assert_eq!(OBJECT.try_acquire().unwrap_err(), AcquireError::RunDown);
    assert!(OBJECT.is_run_down() && OBJECT.begin_run_down());
    OBJECT.reinitialize().unwrap();
    drop(OBJECT.try_acquire_n(2).unwrap());
    OBJECT.wait_until(soon()).unwrap();
}

#[test]
fn a_number_of_slots_that_is_not_possible_is_refused() {
    for slots in [0, MAX_SLOTS + 1, usize::MAX] {
        assert_eq!(Object::boxed(slots).unwrap_err(), InitError::SlotCount { slots });
    }
    assert_eq!(Object::boxed(3).unwrap().slot_count(), 3);
    assert_eq!(StaticRestartableRundownRef::<2>::default().slot_count(), 2);
}

#[test]
#[should_panic(expected = "dropped while 2 holds are outstanding")]
fn a_held_object_does_not_die() {
    let object = StaticRestartableRundownRef::<4, Yield, Chosen>::new();
    assert_eq!(object.try_acquire_n(2).unwrap().leak(), 2);
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn a_future_of_it_is_woken_by_the_last_release() {
    let object = object();
    let guard = object.try_acquire().unwrap();
    thread::scope(|threads| {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut drained = pin!(object.drained());
        assert!(drained.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        threads.spawn(move || drop(guard));
        let end = soon();
        while drained.as_mut().poll(&mut Context::from_waker(&waker)) != Poll::Ready(()) {
            assert!(Instant::now() < end, "nobody wakes it");
            thread::park_timeout(end.saturating_duration_since(Instant::now()));
        }
    });
}

#[test]
fn it_protects_a_value() {
    let value = Protected::new(StaticRestartableRundownRef::<64>::new(), String::from("disk"));
    assert_eq!(value.try_acquire().unwrap().len(), 4);
    assert_eq!(value.run_down().as_deref(), Some("disk"));
    assert!(value.try_acquire().is_err());
    assert!(value.put(String::from("tape")).is_ok());
    assert_eq!(value.try_acquire().unwrap().as_str(), "tape");
}

#[cfg(not(feature = "holders"))]
const _: () = assert!(size_of::<RundownGuard<'_, Object>>() == 2 * size_of::<usize>());

// In a static executable `dlsym`, by which the tests know what to expect, finds nothing.
#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64",
    target_pointer_width = "64",
    not(any(miri, target_feature = "crt-static"))
))]
#[path = "common/restartable_linux.rs"]
mod linux;
