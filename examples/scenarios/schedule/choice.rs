//! Who is next: any core with the same chance, or the one with the highest priority.

use crate::schedule::random::draw;
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use pct::Priorities;
use spin::Mutex;

/// Most cores that take turns.
pub const MAX_CORES: usize = 8;
/// Slices until a core is left out, on average.
const UNTIL_STALL: u64 = 4;
/// Slices for which it is left out, on average.
const STALL: u64 = 32;
/// No core, where an index of one is expected.
const NOBODY: usize = usize::MAX;

/// The core that is left out for a while, where chances are equal.
static LEFT_OUT: AtomicUsize = AtomicUsize::new(NOBODY);
/// Whether there are priorities.
static BY_PRIORITY: AtomicBool = AtomicBool::new(false);
/// The depth of the bugs to look for, or 0.
static DEPTH: AtomicUsize = AtomicUsize::new(0);
/// Instructions of a run, about.
static LENGTH: AtomicU64 = AtomicU64::new(0);
/// Those of this run. Only the core whose turn it is comes here, so nobody waits for the lock.
static PRIORITIES: Mutex<Option<Priorities<MAX_CORES>>> = Mutex::new(None);

/// Has the seed of each run draw priorities from now on, for bugs of this depth (0: it draws that too), in
/// runs of about so many instructions.
pub fn use_priorities(depth: usize, instructions: u64) {
    BY_PRIORITY.store(true, Ordering::Relaxed);
    DEPTH.store(depth, Ordering::Relaxed);
    LENGTH.store(instructions, Ordering::Relaxed);
}

/// Returns whether the highest priority decides.
pub fn is_by_priority() -> bool {
    BY_PRIORITY.load(Ordering::Relaxed)
}

/// Starts a run of `cores` cores, whose slices have `slice` instructions on average.
pub fn start(cores: usize, slice: u64) {
    LEFT_OUT.store(NOBODY, Ordering::Relaxed);
    let priorities = is_by_priority().then(|| {
        let slices = LENGTH.load(Ordering::Relaxed).div_ceil(slice);
        Priorities::new(draw(), cores, DEPTH.load(Ordering::Relaxed), slices)
    });
    *PRIORITIES.lock() = priorities;
}

/// Takes note that a slice of `core` has ended.
pub fn step(core: usize) {
    if let Some(priorities) = &mut *PRIORITIES.lock() {
        priorities.step(core);
    }
}

/// Takes note that `core` waits for another without sleeping.
pub fn give_way(core: usize) {
    if let Some(priorities) = &mut *PRIORITIES.lock() {
        priorities.give_way(core);
    }
}

/// Returns the next core among those that are ready, if there are any. `this`: the core that asks.
pub fn next(this: usize, ready: impl Fn(usize) -> bool) -> Option<usize> {
    match &*PRIORITIES.lock() {
        Some(priorities) => priorities.choose(ready),
        None => draw_one(this, ready),
    }
}

/// Draws one.
///
/// Now and then the core that was just stopped is left out for a while, unless nobody else is ready:
/// many bugs show only if a core is stopped for long in the wrong place, which equal chances hardly
/// ever do.
fn draw_one(this: usize, ready: impl Fn(usize) -> bool) -> Option<usize> {
    let drawn = draw();
    let change = drawn >> 32;
    match LEFT_OUT.load(Ordering::Relaxed) {
        NOBODY if change.is_multiple_of(UNTIL_STALL) => LEFT_OUT.store(this, Ordering::Relaxed),
        0..NOBODY if change.is_multiple_of(STALL) => LEFT_OUT.store(NOBODY, Ordering::Relaxed),
        _ => {}
    }
    let left_out = LEFT_OUT.load(Ordering::Relaxed);
    let others = || (0..MAX_CORES).filter(|&core| core != left_out && ready(core));
    match others().count() {
        0 => (0..MAX_CORES).find(|&core| ready(core)),
        count => others().nth((drawn & 0xffff_ffff) as usize % count),
    }
}
