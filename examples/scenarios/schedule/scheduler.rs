//! The scheduler: who runs next, and for how long.

use crate::schedule::choice::{self, MAX_CORES};
use crate::schedule::plugin;
use crate::schedule::random::{self, draw};
use crate::schedule::trace::{self, Event, Step};
use aarch64_cpu::asm::wfi;
use aarch64_cpu::registers::{ELR_EL1, Readable};
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use machine::arch::{cpu, interrupt_mask, time};
use machine::board::console::println;
use machine::board::gic;
use machine::smp::{cores, park};
use machine::traps::interrupts;
use spin::Mutex;

/// The longest slice, in instructions. The seed chooses between this and an eighth of it: short slices
/// stop a core between any two instructions, long ones let it come far while another is stopped.
pub const LONGEST_SLICE: u64 = 64;
/// More steps than any run of a scenario takes.
const MOST_STEPS: u64 = 20_000;
const _: () = assert!(MOST_STEPS as usize + 2 * LONGEST_SLICE as usize <= trace::KEPT);
/// Until the other cores sleep after a run: each has some hundred instructions to go, and a millisecond is
/// 62,500.
const UNTIL_ALL_SLEEP_MS: u64 = 1;
/// No core, where an index of one is expected.
const NOBODY: usize = usize::MAX;

/// Returns what is wrong, if anything is.
pub type DeathCheck = fn() -> Option<&'static str>;

/// A core that takes no part.
const ABSENT: usize = 0;
/// A core that waits for its turn, or has it.
const READY: usize = 1;
/// A core that sleeps until another wakes it.
const ASLEEP: usize = 2;

/// Whose turn it will be as soon as the wake-up is on its way: who sees itself here sleeps no more.
static NEXT: AtomicUsize = AtomicUsize::new(NOBODY);
/// Whose turn it is. Everything else here is written by that core only, but for its own state by a
/// core that wakes up.
static TURN: AtomicUsize = AtomicUsize::new(NOBODY);
/// What each core does: absent, ready or asleep.
static STATES: [AtomicUsize; MAX_CORES] = [const { AtomicUsize::new(ABSENT) }; MAX_CORES];
/// Cores that take part; 0 outside a run.
static EXPECTED: AtomicUsize = AtomicUsize::new(0);
/// The longest slice of this run.
static LONGEST: AtomicU64 = AtomicU64::new(LONGEST_SLICE);
/// The shortest slice of this run.
static SHORTEST: AtomicU64 = AtomicU64::new(1);
/// Whether the lowest core that is ready is always next.
static FIRST_ALWAYS: AtomicBool = AtomicBool::new(false);
static DEATH_CHECK: Mutex<Option<DeathCheck>> = Mutex::new(None);
/// Instructions from setting the timer in the handler to the first one of the interrupted code.
static OVERHEAD: AtomicU64 = AtomicU64::new(0);

/// Prepares a run of `cores` cores under the schedule that `seed` names. On one core, while the
/// others sleep.
pub fn prepare(seed: u64, cores: usize) {
    assert!(cores <= MAX_CORES, "{cores} cores are more than {MAX_CORES}");
    if !plugin::chooses() {
        forget_the_time();
    }
    trace::clear();
    *DEATH_CHECK.lock() = None;
    random::start(seed);
    LONGEST.store(LONGEST_SLICE >> (draw() % 4), Ordering::Relaxed);
    EXPECTED.store(cores, Ordering::Relaxed);
    STATES.iter().for_each(|state| state.store(ABSENT, Ordering::Relaxed));
    NEXT.store(NOBODY, Ordering::Relaxed);
    TURN.store(NOBODY, Ordering::Relaxed);
    // From 1 to LONGEST instructions, each with the same chance.
    choice::start(cores, LONGEST.load(Ordering::Relaxed).div_ceil(2));
}

/// Has all cores sleep at once, so that nothing in QEMU remembers when the run before ended.
///
/// With `-icount`, QEMU takes turns among cores that are awake at the same time. When one has to stop depends
/// on a timer of QEMU's own that fires every 100 ms of virtual time: from QEMU 10 on a core's share is
/// a part of what is left until then (accel/tcg/tcg-accel-ops-rr.c, `rr_cpu_thread_fn`, and
/// tcg-accel-ops-icount.c, `icount_percpu_budget`). That timer stops when all cores sleep, and starts over
/// when one wakes (`rr_wait_io_event`). A run is over long before it fires.
fn forget_the_time() {
    let end = time::after_ms(UNTIL_ALL_SLEEP_MS);
    park::wait((&raw const TURN).cast(), || false, end);
}

/// Makes every slice of the prepared run `length` long, and the lowest core that is ready the next one.
/// `None` takes that back. Only to calibrate.
pub fn fix_slices(length: Option<u64>) {
    SHORTEST.store(length.unwrap_or(1), Ordering::Relaxed);
    LONGEST.store(if length.is_some() { 1 } else { LONGEST_SLICE }, Ordering::Relaxed);
    FIRST_ALWAYS.store(length.is_some(), Ordering::Relaxed);
}

/// Sets what a slice takes besides the instructions of the code that it interrupts.
pub fn set_overhead(instructions: u64) {
    OVERHEAD.store(instructions, Ordering::Relaxed);
}

/// Ends the run, when all cores have left.
pub fn finish() {
    trace::print();
    EXPECTED.store(0, Ordering::Relaxed);
}

/// Has `check` find out, should a core die in this run, whether something else is wrong as well. It must
/// not panic.
pub fn check_at_death(check: DeathCheck) {
    *DEATH_CHECK.lock() = Some(check);
}

/// The panic hook: prints, when a core dies in a run, how far that had come, and what else is wrong.
pub fn report_death() {
    if EXPECTED.load(Ordering::Relaxed) > 0 {
        if let Some(wrong) = DEATH_CHECK.try_lock().and_then(|check| (*check)?()) {
            println!("# but {wrong}");
        }
        trace::print();
        println!("# {}", trace::Summary);
    }
}

/// Joins the run: returns when everybody is here and it is this core's turn.
pub fn enter() {
    if plugin::chooses() {
        return plugin::enter(EXPECTED.load(Ordering::Relaxed));
    }
    STATES[cores::this_index()].store(READY, Ordering::Relaxed);
    let ready = STATES.iter().filter(|state| state.load(Ordering::Relaxed) == READY);
    if ready.count() == EXPECTED.load(Ordering::Relaxed) {
        hand_over();
    }
    wait_for_turn();
    next_slice();
}

/// Leaves the run and gives the turn away.
pub fn leave() {
    if plugin::chooses() {
        return plugin::leave();
    }
    be_preempted_at(u64::MAX); // from here on nothing interrupts us
    STATES[cores::this_index()].store(ABSENT, Ordering::Relaxed);
    trace::add(Step::Left);
    hand_over();
}

/// Puts this core to sleep, as far as the scheduler is concerned, and gives the turn away.
pub fn fall_asleep() {
    be_preempted_at(u64::MAX);
    STATES[cores::this_index()].store(ASLEEP, Ordering::Relaxed);
    trace::add(Step::Slept);
    hand_over();
}

/// Makes this core ready again, if it was asleep, and returns when it is its turn.
pub fn wake_up() {
    let this = cores::this_index();
    if STATES[this].load(Ordering::Relaxed) != ASLEEP {
        return;
    }
    STATES[this].store(READY, Ordering::Relaxed);
    // Nobody else may be left to hand over.
    let _ = TURN.compare_exchange(NOBODY, this, Ordering::Relaxed, Ordering::Relaxed);
    wait_for_turn();
    trace::add(Step::Woke);
    next_slice();
}

/// Notes what this core has just done, for the trace; `note!` takes its words.
#[inline]
pub fn note(what: &'static Event) {
    if plugin::chooses() {
        return; // its trace is its own
    }
    // Otherwise a slice that ends in the middle of this would mix up two steps.
    interrupt_mask::without_interrupts(|| trace::add(Step::Did(what)));
}

/// Gives way, in a loop that waits for another core without touching the object.
pub fn pause() {
    if plugin::chooses() {
        cpu::give_way();
    } else if choice::is_by_priority() {
        // Otherwise a slice that ends in here would find the priorities locked.
        interrupt_mask::without_interrupts(|| choice::give_way(cores::this_index()));
    }
}

/// Gives way, in a loop that does touch it. Where chances are equal each look is a turn as any other.
pub fn pause_by_priority() {
    if choice::is_by_priority() {
        pause();
    }
}

/// Gives the turn to the next core.
fn hand_over() {
    let ready = |core: usize| STATES[core].load(Ordering::Relaxed) == READY;
    let next = match FIRST_ALWAYS.load(Ordering::Relaxed) {
        true => (0..MAX_CORES).find(|&core| ready(core)),
        false => choice::next(cores::this_index(), ready),
    };
    let next = next.unwrap_or(NOBODY);
    NEXT.store(next, Ordering::Relaxed);
    if let Some(core) = cores::get(next).filter(|_| next != cores::this_index()) {
        gic::wake_core(core.target());
    }
    TURN.store(next, Ordering::Release);
}

/// Sleeps until it is this core's turn.
///
/// The interrupt that ends the sleep is taken here, so that it does not interrupt what follows. It was
/// sent before the turn was given, so it is there by then.
fn wait_for_turn() {
    let this = cores::this_index();
    interrupt_mask::without_interrupts(|| {
        while TURN.load(Ordering::Acquire) != this {
            if NEXT.load(Ordering::Relaxed) == this {
                cpu::give_way();
            } else {
                // Falls through if the interrupt has come since the look, as it is only masked.
                wfi();
                interrupts::take_pending();
            }
        }
        interrupts::take_pending();
    });
}

/// Has the slice of the calling core end at `time`, or never.
fn be_preempted_at(time: u64) {
    cores::this().timer.call_at(time, slice_ends);
}

/// Starts this core's next slice.
fn next_slice() {
    let length = SHORTEST.load(Ordering::Relaxed) + draw() % LONGEST.load(Ordering::Relaxed);
    let ticks = OVERHEAD.load(Ordering::Relaxed) + length;
    be_preempted_at(time::now() + ticks);
}

/// Called by the timer's interrupt, on the core whose turn it is.
fn slice_ends() {
    trace::add(Step::Stopped(ELR_EL1.get()));
    choice::step(cores::this_index());
    let steps = trace::steps();
    assert!(steps < MOST_STEPS, "no end after {steps} steps");
    hand_over();
    wait_for_turn();
    next_slice();
}
