//! `ProcessorSlot`: the processor that the thread runs on, or the thread's number where nobody tells.
#![cfg(all(feature = "std", not(rundown_loom)))]

mod common;

use common::soon;
use rundown::{Blocking, CacheAwareRundownRef, CurrentSlot, ProcessorSlot, Rundown};
use std::sync::mpsc;
use std::thread;

/// Uses an object by the slots that the processors have.
fn use_an_object() {
    let slots = ProcessorSlot::slot_count();
    assert!(slots >= 1);
    let object = &CacheAwareRundownRef::<ProcessorSlot, Blocking>::boxed(slots).unwrap();
    thread::scope(|threads| {
        for _ in 0..3 {
            let times = if cfg!(miri) { 10 } else { 100 };
            threads.spawn(move || (0..times).for_each(|_| drop(object.try_acquire().unwrap())));
        }
    });
    object.wait_until(soon()).unwrap();
}

#[test]
fn threads_use_an_object_by_their_processors() {
    use_an_object();
}

/// Asks when the thread's other variables have gone, and says what it got.
struct AsksLast(mpsc::Sender<usize>);

impl Drop for AsksLast {
    fn drop(&mut self) {
        // By itself: Windows ends threads under a lock that a new one would wait for.
        let object = CacheAwareRundownRef::<ProcessorSlot, Blocking>::boxed(2).unwrap();
        drop(object.try_acquire().unwrap());
        object.wait_until(soon()).unwrap();
        self.0.send(ProcessorSlot::current_slot()).unwrap();
    }
}

#[test]
fn a_thread_may_ask_first_when_it_ends() {
    thread_local!(static LAST: std::cell::OnceCell<AsksLast> = const { std::cell::OnceCell::new() });
    let (say, said) = mpsc::channel();
    let thread = thread::spawn(|| LAST.with(|last| assert!(last.set(AsksLast(say)).is_ok())));
    thread.join().unwrap();
    said.recv().expect("the destructor ran, and asked without a panic");
}

// In a static executable `dlsym`, by which the tests know what to expect, finds nothing.
#[cfg(all(target_os = "linux", target_env = "gnu", not(any(miri, target_feature = "crt-static"))))]
mod linux {
    use super::*;
    use rundown::ThreadSlot;
    use std::ffi::{CStr, c_char, c_int, c_void};
    use std::process::{Command, Stdio};
    use std::time::Duration;

    /// `cpu_set_t` of sched_setaffinity(2): 1024 bits, as long words.
    type Set = [usize; 1024 / usize::BITS as usize];

    unsafe extern "C" {
        fn sched_getcpu() -> c_int;
        fn sched_getaffinity(thread: c_int, size: usize, set: *mut Set) -> c_int;
        fn sched_setaffinity(thread: c_int, size: usize, set: *const Set) -> c_int;
        fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    }

    /// Set in a child that must not have areas.
    const WITHOUT: &str = "RUNDOWN_TEST_WITHOUT_RSEQ";

    /// Returns whether glibc has registered areas, asked in another way than by the code under test.
    fn areas() -> bool {
        let symbol = |name: &CStr| {
            // SAFETY: a null library stands for the whole program, see dlsym(3).
            unsafe { dlsym(std::ptr::null_mut(), name.as_ptr()) }
        };
        let size = symbol(c"__rseq_size").cast::<u32>();
        // SAFETY: glibc's manual says that the symbol is an `unsigned int`.
        let there = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"))
            && unsafe { size.as_ref() }.is_some_and(|size| *size != 0);
        assert!(!there || std::env::var_os(WITHOUT).is_none(), "the areas are switched off");
        there
    }

    /// Returns the processors that this thread may use.
    fn allowed() -> Vec<usize> {
        let mut set = Set::default();
        // SAFETY: the set is as large as said; 0 is the calling thread.
        let result = unsafe { sched_getaffinity(0, size_of_val(&set), &mut set) };
        assert!(result >= 0, "{}", std::io::Error::last_os_error());
        let bits = usize::BITS as usize;
        (0..1024).filter(|at| set[at / bits] >> (at % bits) & 1 != 0).collect()
    }

    /// Moves this thread to a processor. When it returns, it runs there.
    fn move_to(processor: usize) {
        let mut set = Set::default();
        set[processor / usize::BITS as usize] = 1 << (processor % usize::BITS as usize);
        // SAFETY: the set is as large as said; 0 is the calling thread.
        let result = unsafe { sched_setaffinity(0, size_of_val(&set), &set) };
        assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
    }

    #[test]
    fn the_slot_is_the_processor_and_moves_with_the_thread() {
        let home = allowed();
        for &processor in home.iter().chain(home.iter().rev()) {
            move_to(processor);
            // SAFETY: no arguments.
            assert_eq!(unsafe { sched_getcpu() }, processor as c_int, "the test has moved");
            let slot = ProcessorSlot::current_slot();
            if areas() {
                assert_eq!(slot, processor);
                assert!(slot < ProcessorSlot::slot_count());
            } else {
                assert_eq!(slot, ThreadSlot::current_slot());
            }
        }
    }

    #[test]
    fn once_the_slots_were_counted_no_call_is_needed() {
        let _ = ProcessorSlot::slot_count();
        for processor in allowed() {
            move_to(processor);
            assert_eq!(ProcessorSlot::at_once(), areas().then_some(processor));
        }
    }

    #[test]
    fn a_fresh_thread_knows_its_processor_at_once() {
        for processor in allowed() {
            move_to(processor); // a new thread inherits the affinity
            let fresh = || (ProcessorSlot::current_slot(), ThreadSlot::current_slot());
            let (slot, number) = thread::spawn(fresh).join().unwrap();
            assert_eq!(slot, if areas() { processor } else { number });
        }
    }

    #[test]
    fn without_areas_everything_works_by_the_threads_numbers() {
        if std::env::var_os(WITHOUT).is_some() {
            return; // this is the child
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env("GLIBC_TUNABLES", "glibc.pthread.rseq=0")
            .env(WITHOUT, "1")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let end = soon();
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if std::time::Instant::now() >= end => {
                    child.kill().unwrap();
                    break child.wait().unwrap();
                }
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        assert!(status.success(), "the tests fail without areas: {status}");
    }
}
