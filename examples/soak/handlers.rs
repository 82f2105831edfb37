//! What interrupts do: they use the object in the middle of whatever their core does with it.

use crate::counts::What;
use crate::plan::MOST_CORES;
use crate::round::Round;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};
use machine::arch::time;
use machine::smp::cores;
use machine::smp::jobs;
use rundown::Rundown;

/// The round that handlers take part in, or null.
static CURRENT: AtomicPtr<Round> = AtomicPtr::new(ptr::null_mut());
/// Microseconds between two interrupts of a timer, for each core of the machine: emulated cores share the host's.
const BETWEEN_US: u64 = 60;

/// Lets handlers take part in a round. It must live until [`end`] has returned.
pub fn begin(round: &Round) {
    CURRENT.store(ptr::from_ref(round).cast_mut(), Ordering::Release);
}

/// Ends that: when it returns, no handler uses the round any more.
pub fn end() {
    CURRENT.store(ptr::null_mut(), Ordering::Relaxed);
    // A core that runs a job is not in a handler that has begun before.
    jobs::run(&|_| {});
}

fn current() -> Option<&'static Round> {
    // SAFETY: null, or what `begin` has stored; the round lives until `end` has seen us return.
    unsafe { CURRENT.load(Ordering::Acquire).as_ref() }
}

/// Has the calling core's timer interrupt it from now on, if the round wants that.
pub fn start_timer(round: &Round) {
    if round.plan.timers {
        call_again(round, 1);
    }
}

fn call_again(round: &Round, draw: u64) {
    let cores = cores::count() as u64;
    let most = BETWEEN_US * cores * time::frequency() / 1_000_000;
    let soon = time::now() + most / 8 + round.plan.random(&[draw]).below(most + 1);
    cores::this().timer.call_at(soon, by_timer);
}

fn by_timer() {
    if let Some(round) = current() {
        let number = take_part(round);
        call_again(round, number);
    }
}

/// What an inter-core interrupt calls, also one that only wakes.
pub fn by_call() {
    if let Some(round) = current().filter(|round| round.plan.calls) {
        take_part(round);
    }
}

/// Does one of several things with the object. Returns a number that no other call has got.
fn take_part(round: &Round) -> u64 {
    let core = cores::this_index();
    let entry = round.entries[core].fetch_add(1, Ordering::Relaxed) as u64;
    let mut random = round.plan.random(&[core as u64, entry, u64::MAX]);
    let other = random.below(MOST_CORES as u64) as usize;
    let count = 1 + random.below(round.plan.most as u64) as usize;
    match random.below(8) {
        0 => {
            if let Some(guard) = round.take(core, other) {
                round.release(core, guard);
            }
        }
        1 => {
            if let Ok(value) = round.place.try_acquire() {
                round.look_at_value(core, &value);
            }
        }
        2 if round.plan.waiters => _ = round.object.begin_run_down(),
        what => match round.acquire(core, count) {
            Some(guard) => {
                round.counts[core].add(What::ByHandlers, 1);
                // Every other one is kept, for whoever comes to release it.
                if what % 2 == 0 { round.release(core, guard) } else { round.give(guard, other) }
            }
            None => round.sweep_up(core),
        },
    }
    entry << 8 | core as u64
}
