//! Sections against what must neither lose an addition nor let one come too late: other threads, moves to
//! other processors, signals, page faults.

use super::*;
use std::sync::atomic::{AtomicBool, AtomicIsize};

unsafe extern "C" {
    fn madvise(start: *mut c_void, size: usize, advice: c_int) -> c_int;
    fn pthread_kill(thread: usize, number: c_int) -> c_int;
    fn pthread_self() -> usize;
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> *mut c_void;
}

const SIGUSR1: c_int = 10;
const MADV_DONTNEED: c_int = 4;

/// More threads than processors, which are also moved: a section that went on where it was interrupted
/// would write back what it had read before others added.
#[test]
fn threads_that_are_preempted_and_moved_lose_no_addition() {
    if !there() {
        return;
    }
    let words = Box::new(Words::new());
    let home = allowed();
    let made = AtomicIsize::new(0);
    thread::scope(|threads| {
        for at in 0..2 * home.len() + 1 {
            let (words, home, made) = (&words, &home, &made);
            threads.spawn(move || {
                let mut mine = 0;
                for round in 0..1_000 {
                    move_to(home[(at + round) % home.len()]);
                    for _ in 0..5_000 {
                        mine += isize::from(words.add(HOLD) == Added::Done);
                    }
                }
                assert!(mine > 4_500_000, "interruptions are rare: {mine}");
                made.fetch_add(mine, SeqCst);
            });
        }
    });
    assert_eq!(words.holds(), made.into_inner());
}

static INTERRUPTED: Words = Words::new();
static BY_THE_HANDLER: AtomicIsize = AtomicIsize::new(0);

extern "C" fn interrupt(_: c_int) {
    for _ in 0..3 {
        if INTERRUPTED.add(HOLD) == Added::Done {
            BY_THE_HANDLER.fetch_add(1, SeqCst);
        }
    }
}

#[test]
fn a_signal_handler_may_add_in_the_middle_of_an_addition() {
    if !there() {
        return;
    }
    // SAFETY: the handler uses statics only, without waiting.
    unsafe { signal(SIGUSR1, interrupt) };
    let end = AtomicBool::new(false);
    // SAFETY: no arguments.
    let me = unsafe { pthread_self() };
    let (mut made, mut between) = (0, 0);
    thread::scope(|threads| {
        threads.spawn(|| {
            while !end.load(SeqCst) {
                // SAFETY: the thread lives, for it waits for this one at the end of the scope.
                assert_eq!(unsafe { pthread_kill(me, SIGUSR1) }, 0);
            }
        });
        let deadline = soon();
        while between < 100 && Instant::now() < deadline {
            for _ in 0..1_000 {
                match INTERRUPTED.add(HOLD) {
                    Added::Done => made += 1,
                    other => between += isize::from(other == Added::Not),
                }
            }
        }
        end.store(true, SeqCst);
    });
    assert!(between >= 100, "sections have been interrupted: {between}");
    let handled = BY_THE_HANDLER.load(SeqCst);
    assert!(handled > 0);
    assert_eq!(INTERRUPTED.holds(), made + handled);
}

#[test]
fn after_mark_and_restart_the_sum_is_final() {
    if !there() {
        return;
    }
    const ROUNDS: usize = 200;
    let words = Box::new(Words::new());
    let made: [AtomicIsize; 2] = Default::default();
    let (round, end) = (AtomicUsize::new(0), soon());
    let late = thread::scope(|threads| {
        // As many as run beside this one: with more, a round would take a time slice.
        for made in made.iter().take(allowed().len().saturating_sub(1).max(1)) {
            let (words, round) = (&words, &round);
            threads.spawn(move || {
                for now in 1..=ROUNDS {
                    while round.load(SeqCst) < now {
                        assert!(Instant::now() < end, "round {now} does not begin");
                    }
                    loop {
                        match words.add(HOLD) {
                            Added::Done => made.fetch_add(1, SeqCst),
                            Added::Marked => break,
                            Added::Not => continue,
                        };
                    }
                }
            });
        }
        let late = (1..=ROUNDS).filter(|now| {
            words.mark.0.store(0, SeqCst);
            let before = words.holds();
            round.store(*now, SeqCst);
            while words.holds() == before {
                assert!(Instant::now() < end, "nobody adds in round {now}");
            }
            // Relaxed, as it is `restart` that makes it known.
            words.mark.0.store(1, Ordering::Relaxed);
            restart();
            let sum = words.holds();
            (0..20).any(|_| words.holds() != sum)
        });
        late.count()
    });
    assert_eq!(late, 0, "rounds with an addition that came too late");
    let sum: isize = made.iter().map(|made| made.load(SeqCst)).sum();
    assert_eq!(words.holds(), sum);
}

/// A page fault in a section is no preemption: without a restart it goes on where it was, although it looked
/// at the mark before the fault, and a plain barrier has come and gone since.
#[test]
fn a_section_that_a_page_fault_holds_up_adds_nothing_after_the_restart() {
    if !there() || allowed().len() < 2 {
        return;
    }
    let words = Box::new(Words::new());
    let (done, end) = (AtomicBool::new(false), soon());
    let late = thread::scope(|threads| {
        threads.spawn(|| {
            while !done.load(SeqCst) && Instant::now() < end {
                (0..1_000).for_each(|_| _ = words.add(HOLD));
            }
        });
        let late = (0..500).filter(|round| {
            words.mark.0.store(0, SeqCst);
            while words.holds() == 0 {
                assert!(Instant::now() < end, "nobody adds in round {round}");
            }
            let counters = (&raw const words.counters).cast_mut().cast();
            // SAFETY: whole pages of atomic words that become zero, as the counters may.
            let result = unsafe { madvise(counters, size_of_val(&words.counters), MADV_DONTNEED) };
            assert_eq!(result, 0, "{}", io::Error::last_os_error());
            words.mark.0.store(1, Ordering::Relaxed);
            restart();
            let sum = words.holds();
            (0..5).any(|_| words.holds() != sum)
        });
        let late = late.count();
        done.store(true, SeqCst);
        late
    });
    assert_eq!(late, 0, "rounds with an addition that came too late");
}
