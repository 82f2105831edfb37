//! What only Linux can do to a restartable object.

use super::*;
use rundown::CurrentSlot;
use std::ffi::{CStr, c_char, c_int, c_long, c_ulong, c_void};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

unsafe extern "C" {
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn fork() -> c_int;
    fn _exit(status: c_int) -> !;
    fn waitpid(process: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn pthread_kill(thread: usize, number: c_int) -> c_int;
    fn pthread_self() -> usize;
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> *mut c_void;
    fn syscall(number: c_long, ...) -> c_long;
    fn prctl(option: c_int, ...) -> c_int;
}

const WNOHANG: c_int = 1;
const SIGUSR1: c_int = 10;

/// Set in a child that must not have areas.
const WITHOUT: &str = "RUNDOWN_TEST_WITHOUT_RSEQ";
/// Set in a child that runs one test only.
const ALONE: &str = "RUNDOWN_TEST_ALONE";

/// Returns whether there have to be sections.
fn there() -> bool {
    let name: &CStr = c"__rseq_size";
    // SAFETY: a null library stands for the whole program, see dlsym(3); glibc's manual says that the symbol
    // is an `unsigned int`.
    let size = unsafe { dlsym(std::ptr::null_mut(), name.as_ptr()).cast::<u32>().as_ref() };
    size.is_some_and(|size| *size != 0) && membarrier(0) & 0x180 == 0x180
}

/// Calls membarrier(2).
fn membarrier(command: c_long) -> c_long {
    // SAFETY: it reads and writes no memory.
    unsafe { syscall(324, command, 0 as c_long, 0 as c_long) }
}

/// Counts how often it is asked.
struct Asked;

static ASKED: AtomicUsize = AtomicUsize::new(0);

impl CurrentSlot for Asked {
    fn current_slot() -> usize {
        ASKED.fetch_add(1, SeqCst);
        1
    }
}

#[test]
fn a_slot_is_asked_for_only_when_a_section_does_not_add() {
    const PAIRS: usize = 10_000;
    let slots = ProcessorSlot::slot_count();
    let object = RestartableRundownRef::<Yield, Asked>::boxed_with(slots).unwrap();
    (0..PAIRS).for_each(|_| drop(object.try_acquire().unwrap()));
    let asked = ASKED.load(SeqCst);
    if there() {
        assert!(asked < PAIRS / 10, "asked {asked} times");
    } else {
        assert_eq!(asked, 2 * PAIRS);
    }
    object.wait_until(soon()).unwrap();
}

static INTERRUPTED: StaticRestartableRundownRef<64> = StaticRestartableRundownRef::new();
static HANDLED: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn interrupt(_: c_int) {
    match INTERRUPTED.try_acquire_n(2) {
        Ok(mut two) => drop(two.split(1)), // and the other one
        Err(_) => _ = REFUSED.fetch_add(1, SeqCst),
    }
    HANDLED.fetch_add(1, SeqCst);
}

#[test]
fn a_signal_handler_may_acquire_and_release_in_the_middle_of_both() {
    // SAFETY: the handler uses statics only, without waiting.
    unsafe { signal(SIGUSR1, interrupt) };
    let (me, end, deadline) = (unsafe_self(), AtomicBool::new(false), soon());
    thread::scope(|threads| {
        threads.spawn(|| {
            while !end.load(SeqCst) {
                // SAFETY: the thread lives, for it waits for this one at the end of the scope.
                assert_eq!(unsafe { pthread_kill(me, SIGUSR1) }, 0);
            }
        });
        for round in 0.. {
            for _ in 0..1_000 {
                let hold = INTERRUPTED.try_acquire().expect("live");
                drop(hold);
            }
            INTERRUPTED.wait_until(soon()).unwrap();
            INTERRUPTED.reinitialize().unwrap();
            let enough = HANDLED.load(SeqCst) > 20_000 && round > 100;
            if enough || Instant::now() > deadline {
                break;
            }
        }
        end.store(true, SeqCst);
    });
    let handled = HANDLED.load(SeqCst);
    assert!(handled > 1_000, "few signals have come: {handled}");
    assert!(REFUSED.load(SeqCst) < handled, "not all came during a run-down");
    INTERRUPTED.wait_until(soon()).unwrap();
    assert_eq!(INTERRUPTED.outstanding(), Some(0));
}

fn unsafe_self() -> usize {
    // SAFETY: no arguments.
    unsafe { pthread_self() }
}

#[test]
fn a_child_of_fork_drains_its_own_copy() {
    let object = object();
    let held = object.try_acquire_n(2).unwrap().leak();
    // SAFETY: the child calls nothing that another thread could have locked.
    let child = unsafe { fork() };
    if child == 0 {
        let mut right = object.try_acquire().is_ok_and(|mine| mine.leak() == 1);
        right &= !object.begin_run_down() && object.outstanding() == Some(held + 1);
        // SAFETY: the leaked holds, and the one above.
        unsafe { object.release_n(held + 1) };
        right &= object.is_run_down() && object.try_acquire().is_err();
        right &= object.reinitialize().is_ok() && object.try_acquire().is_ok();
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
    assert!(!object.begin_run_down(), "the parent's holds are its own");
    // SAFETY: the leaked holds.
    unsafe { object.release_n(held) };
    object.wait_until(soon()).unwrap();
}

/// Runs tests of this program in a process of their own.
fn in_a_child(arguments: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(arguments)
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() && Instant::now() < end {
        thread::sleep(Duration::from_millis(1));
    }
    let _ = child.kill(); // nothing, if it has ended
    let said = child.wait_with_output().unwrap();
    (said.status.success(), String::from_utf8_lossy(&said.stdout).into_owned())
}

#[test]
fn without_areas_everything_works_on_the_slots() {
    if std::env::var_os(WITHOUT).is_some() {
        return assert!(!there(), "the areas are switched off");
    }
    let without = [("GLIBC_TUNABLES", "glibc.pthread.rseq=0"), (WITHOUT, "1")];
    let (good, said) = in_a_child(&[], &without);
    assert!(good && said.contains("0 failed"), "{said}");
}

/// Makes sure that the process is registered after `act`, in a process that has done nothing else.
fn registers(name: &str, act: fn()) {
    if std::env::var_os(ALONE).is_none() {
        let (good, said) = in_a_child(&["--exact", name], &[(ALONE, "1")]);
        return assert!(good && said.contains("1 passed"), "{said}");
    }
    assert_ne!(membarrier(0x80), 0, "nobody has registered");
    act();
    assert_eq!(membarrier(0x80) == 0, there(), "registered if there are sections");
}

#[test]
fn an_object_on_the_heap_registers_the_process() {
    registers("linux::an_object_on_the_heap_registers_the_process", || std::mem::forget(object()));
}

#[test]
fn to_prepare_registers_the_process() {
    registers("linux::to_prepare_registers_the_process", Object::prepare);
}

/// The list of holders names the processor of the section.
#[cfg(feature = "holders")]
#[test]
fn a_holder_is_listed_with_its_processor() {
    unsafe extern "C" {
        fn sched_setaffinity(thread: c_int, size: usize, set: *const [u64; 16]) -> c_int;
    }
    let object = object();
    for processor in 0..ProcessorSlot::slot_count().min(1024) {
        let mut set = [0; 16];
        set[processor / 64] = 1 << (processor % 64);
        // SAFETY: the set is as large as said; 0 is the calling thread.
        if unsafe { sched_setaffinity(0, size_of_val(&set), &set) } != 0 {
            continue; // not allowed there
        }
        let user = object.try_acquire().unwrap();
        let slot = object.holders().next().expect("it is listed").slot;
        assert!(slot == processor || !there(), "{slot} instead of {processor}");
        drop(user);
    }
}

/// `struct sock_filter` of <linux/filter.h>.
#[repr(C)]
struct Filter(u16, u8, u8, u32);

/// `struct sock_fprog`.
#[repr(C)]
struct Filters(u16, *const Filter);

/// Has the system refuse membarrier(2) to this thread from now on: see seccomp(2).
fn refuse_membarrier() {
    let filter = [
        Filter(0x20, 0, 0, 0),           // load the system call's number
        Filter(0x15, 0, 1, 324),         // unless it is membarrier's, pass the next
        Filter(0x06, 0, 0, 0x0005_0001), // return SECCOMP_RET_ERRNO | EPERM
        Filter(0x06, 0, 0, 0x7fff_0000), // return SECCOMP_RET_ALLOW
    ];
    let filters = Filters(4, filter.as_ptr());
    let (no, one, two) = (0 as c_ulong, 1 as c_ulong, 2 as c_ulong);
    // SAFETY: PR_SET_NO_NEW_PRIVS takes numbers; PR_SET_SECCOMP reads the filters, which lie there.
    let results = unsafe { [prctl(38, one, no, no, no), prctl(22, two, &raw const filters)] };
    assert_eq!(results, [0, 0], "{}", io::Error::last_os_error());
}

#[test]
fn when_membarrier_is_refused_later_the_run_down_panics_and_nothing_is_granted() {
    if !there() {
        return;
    }
    // A thread of its own: the filter ends with it.
    let refused = thread::spawn(|| {
        let object = object();
        drop(object.try_acquire().unwrap());
        refuse_membarrier();
        let panic = catch_unwind(AssertUnwindSafe(|| object.begin_run_down())).unwrap_err();
        let text = panic.downcast_ref::<String>().expect("a message");
        assert!(text.contains("membarrier(2) is refused (error 1)"), "{text}");
        assert!(text.contains("seccomp"), "it says what to do: {text}");
        for count in [0, 1] {
            assert_eq!(object.try_acquire_n(count).unwrap_err(), AcquireError::RunDown);
        }
        assert!(!object.is_run_down() && !object.begin_run_down());
        assert_eq!(object.reinitialize(), Err(NotRunDown));
        std::mem::forget(object); // its drop would say that it is not run down
    });
    refused.join().unwrap();
}
