//! What one addition does, in a process, in its child, and where there are no areas; `races` has the rest.

use super::*;
use crate::cache_line::CacheLine;
use crate::unlocked::HOLD;
use core::ffi::{CStr, c_char, c_int, c_void};
use std::boxed::Box;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};
use std::vec::Vec;
use std::{io, thread};

#[path = "sections_races.rs"]
mod races;

/// `cpu_set_t` of sched_setaffinity(2): 1024 bits, as long words.
type Set = [usize; 1024 / usize::BITS as usize];

unsafe extern "C" {
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn fork() -> c_int;
    fn _exit(status: c_int) -> !;
    fn sched_getaffinity(thread: c_int, size: usize, set: *mut Set) -> c_int;
    fn sched_setaffinity(thread: c_int, size: usize, set: *const Set) -> c_int;
    fn waitpid(process: c_int, status: *mut c_int, options: c_int) -> c_int;
}

const WNOHANG: c_int = 1;

/// Set in a child that must not have sections.
const WITHOUT: &str = "RUNDOWN_TEST_WITHOUT_RSEQ";

/// The unlocked words of an object: a mark, and counters for 1024 processors.
#[repr(C, align(4096))]
struct Words {
    counters: [CacheLine<Unlocked>; 1024],
    /// On another page.
    mark: CacheLine<AtomicUsize>,
}

impl Words {
    const fn new() -> Self {
        let counters = [const { CacheLine(Unlocked::new()) }; 1024];
        Self { mark: CacheLine(AtomicUsize::new(0)), counters }
    }

    fn add_to(&self, count: usize, amount: isize) -> Added {
        assert!(count <= self.counters.len());
        // SAFETY: that many counters lie there, a line each.
        unsafe { add(&raw const self.counters[0].0, count, &raw const self.mark.0, amount) }
    }

    fn add(&self, amount: isize) -> Added {
        self.add_to(self.counters.len(), amount)
    }

    /// Adds until nothing has come in between.
    fn add_at_last(&self, amount: isize) -> Added {
        let result = (0..10_000).map(|_| self.add(amount)).find(|result| *result != Added::Not);
        result.expect("nothing comes in between so often")
    }

    fn holds(&self) -> isize {
        self.counters.iter().map(|counter| counter.0.holds()).sum()
    }
}

/// Returns whether there have to be sections: glibc has areas, asked in another way than by the crate.
fn there() -> bool {
    // SAFETY: a null library stands for the whole program, see dlsym(3).
    let symbol = |name: &CStr| unsafe { dlsym(core::ptr::null_mut(), name.as_ptr()) };
    // SAFETY: glibc's manual says that the symbol is an `unsigned int`.
    let size = unsafe { symbol(c"__rseq_size").cast::<u32>().as_ref() };
    let there = size.is_some_and(|size| *size != 0);
    assert!(!there || std::env::var_os(WITHOUT).is_none(), "the areas are switched off");
    if !there {
        assert_eq!(Words::new().add(HOLD), Added::Not);
    }
    there
}

fn allowed() -> Vec<usize> {
    let mut set = Set::default();
    // SAFETY: the set is as large as said; 0 is the calling thread.
    let result = unsafe { sched_getaffinity(0, size_of_val(&set), &mut set) };
    assert!(result >= 0, "{}", io::Error::last_os_error());
    (0..1024).filter(|at| set[at / 64] >> (at % 64) & 1 != 0).collect()
}

fn move_to(processor: usize) {
    let mut set = Set::default();
    set[processor / 64] = 1 << (processor % 64);
    // SAFETY: the set is as large as said; 0 is the calling thread.
    let result = unsafe { sched_setaffinity(0, size_of_val(&set), &set) };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[test]
fn an_addition_goes_to_the_counter_of_the_processor() {
    if !there() {
        return;
    }
    let words = Box::new(Words::new());
    for processor in allowed() {
        move_to(processor);
        let counter = &words.counters[processor].0;
        assert_eq!(words.add_at_last(3 * HOLD), Added::Done);
        assert_eq!((counter.holds(), words.holds()), (3, 3));
        assert_eq!(words.add_at_last(-5 * HOLD), Added::Done);
        assert_eq!((counter.holds(), words.holds()), (-2, -2), "it may go below zero");
        counter.clear();
        assert_eq!(words.holds(), 0);
        for _ in 0..10 {
            assert_eq!(words.add_to(processor, HOLD), Added::Not, "it has no counter");
        }
        assert_eq!(words.holds(), 0);
    }
}

#[test]
fn nothing_is_added_once_the_mark_is_set() {
    if !there() {
        return;
    }
    let words = Box::new(Words::new());
    for mark in [1, 2, usize::MAX, 1 << 63] {
        words.mark.0.store(mark, SeqCst);
        assert_eq!(words.add_at_last(HOLD), Added::Marked);
        assert_eq!(words.holds(), 0);
    }
    words.mark.0.store(0, SeqCst);
    assert_eq!(words.add_at_last(HOLD), Added::Done);
}

#[test]
fn a_full_counter_is_left_as_it_is() {
    if !there() {
        return;
    }
    move_to(allowed()[0]);
    let words = Box::new(Words::new());
    let most = isize::MAX / HOLD; // a quarter of NEAR, less one
    assert_eq!(most, 1_isize.rotate_left(42) - 1);
    assert_eq!(words.add_at_last(most * HOLD), Added::Done);
    (0..10).for_each(|_| assert_eq!(words.add(HOLD), Added::Not));
    assert_eq!(words.holds(), most);
    assert_eq!(words.add_at_last(-most * HOLD), Added::Done);
    assert_eq!(words.add_at_last(isize::MIN), Added::Done);
    (0..10).for_each(|_| assert_eq!(words.add(-HOLD), Added::Not));
    assert_eq!(words.holds(), -most - 1);
}

#[test]
fn a_child_of_fork_adds_and_restarts() {
    if !there() {
        return;
    }
    let words = Box::new(Words::new());
    assert_eq!(words.add_at_last(HOLD), Added::Done);
    restart();
    // SAFETY: the child calls nothing that another thread could have locked.
    let child = unsafe { fork() };
    if child == 0 {
        let mut right = (0..10_000).any(|_| words.add(HOLD) == Added::Done);
        words.mark.0.store(1, SeqCst);
        right &= membarrier(RESTART) == 0; // as `restart`, without its panic
        right &= words.holds() == 2;
        // SAFETY: ends the child here and now.
        unsafe { _exit(if right { 0 } else { 1 }) }
    }
    assert!(child > 0, "{}", io::Error::last_os_error());
    let (mut status, end) = (-1, soon());
    // SAFETY: a child of ours, and an integer for its status.
    while unsafe { waitpid(child, &mut status, WNOHANG) } == 0 {
        assert!(Instant::now() < end, "the child does not end");
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(status, 0, "the child says that it works as its parent does");
    assert_eq!(words.holds(), 1, "the child has words of its own");
}

#[test]
fn without_areas_nothing_is_added_and_nothing_needs_a_restart() {
    const NAME: &str =
        "sections::tests::without_areas_nothing_is_added_and_nothing_needs_a_restart";
    if std::env::var_os(WITHOUT).is_some() {
        assert!(!there());
        return restart();
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME])
        .env("GLIBC_TUNABLES", "glibc.pthread.rseq=0")
        .env(WITHOUT, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let end = soon();
    while child.try_wait().unwrap().is_none() {
        if Instant::now() >= end {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(1));
    }
    let said = child.wait_with_output().unwrap();
    let text = std::string::String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success() && text.contains("1 passed"), "{text}");
}
