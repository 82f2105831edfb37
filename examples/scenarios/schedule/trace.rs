//! What happened in a run, step by step, and its hash.
//!
//! Two runs with the same hash are the same run.
//!
//! A step is one word, so that noting it takes few instructions of the slice it falls into. They are
//! printed when the run is over, or has died: whatever is printed in between takes time that a run
//! without a trace does not take, and QEMU's timers would fall on other instructions.

use crate::schedule::plugin;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use machine::board::console::println;
use machine::smp::cores;

/// A step of the core whose turn it is.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Its slice has ended before the instruction at this address.
    Stopped(u64),
    /// It has done something worth a line.
    Did(&'static Event),
    /// It goes to sleep.
    Slept,
    /// It was woken and runs again.
    Woke,
    /// It is done.
    Left,
}

/// Something worth a line. Where it lies in memory depends on the machine that built the image, as the texts
/// of panics have paths in them: so a run's hash takes the words, not their address.
#[derive(Debug)]
pub struct Event {
    words: &'static str,
    hash: u64,
}

impl Event {
    /// Returns the one with these words.
    pub const fn new(words: &'static str) -> Self {
        let (bytes, mut hash, mut at) = (words.as_bytes(), BASIS, 0);
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u64).wrapping_mul(PRIME);
            at += 1;
        }
        Self { words, hash }
    }
}

// FNV-1a's numbers for 64 bits (RFC 9923); of steps, it takes a word at a time.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x100_0000_01b3;
/// Steps that are kept until the end: more than a run may take.
pub const KEPT: usize = 1 << 15;

static HASH: AtomicU64 = AtomicU64::new(BASIS);
static STEPS: AtomicU64 = AtomicU64::new(0);
static SHOWN: AtomicBool = AtomicBool::new(false);
/// The last steps, as words of `encode`, at their number modulo `KEPT`.
static LAST: [AtomicU64; KEPT] = [const { AtomicU64::new(0) }; KEPT];

/// Starts over.
pub fn clear() {
    HASH.store(BASIS, Ordering::Relaxed);
    STEPS.store(0, Ordering::Relaxed);
}

/// Has the steps of each run printed from now on.
pub fn show() {
    SHOWN.store(true, Ordering::Relaxed);
}

/// Returns the number of steps so far.
pub fn steps() -> u64 {
    STEPS.load(Ordering::Relaxed)
}

/// Shows the hash and the number of steps, or that the plugin knows them.
#[derive(Debug)]
pub struct Summary;

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if plugin::chooses() {
            return out.write_str("trace plugin");
        }
        let (hash, steps) = (HASH.load(Ordering::Relaxed), steps());
        write!(out, "trace {hash:016x} steps {steps}")
    }
}

/// Adds a step of this core. Only the core whose turn it is may.
#[inline]
pub fn add(step: Step) {
    let core = cores::this_index();
    let word = encode(core, step);
    let hashed = if let Step::Did(what) = step { what.hash ^ core as u64 } else { word };
    let hash = (HASH.load(Ordering::Relaxed) ^ hashed).wrapping_mul(PRIME);
    HASH.store(hash ^ hash >> 29, Ordering::Relaxed); // carries high bits down again
    let number = STEPS.load(Ordering::Relaxed);
    LAST[number as usize % KEPT].store(word, Ordering::Relaxed);
    STEPS.store(number + 1, Ordering::Relaxed);
}

/// Returns a step as a word: bits 63:60 kind, 59:48 core, 47:0 an address, as all lie below 2^39.
#[inline]
fn encode(core: usize, step: Step) -> u64 {
    let (kind, address) = match step {
        Step::Stopped(at) => (0, at),
        Step::Did(what) => (1, core::ptr::from_ref(what).addr() as u64),
        Step::Slept => (2, 0),
        Step::Woke => (3, 0),
        Step::Left => (4, 0),
    };
    kind << 60 | (core as u64) << 48 | address
}

/// Returns the address of step `number`, if it was a stop and is still kept.
pub fn stopped_at(number: usize) -> u64 {
    LAST[number % KEPT].load(Ordering::Relaxed) & 0xffff_ffff_ffff
}

/// Prints all steps, if they are wanted.
pub fn print() {
    if !SHOWN.load(Ordering::Relaxed) {
        return;
    }
    let end = STEPS.load(Ordering::Relaxed) as usize;
    for number in end.saturating_sub(KEPT)..end {
        let word = LAST[number % KEPT].load(Ordering::Relaxed);
        let (core, address) = (word >> 48 & 0xfff, word & 0xffff_ffff_ffff);
        match word >> 60 {
            0 => println!("# step {number} core {core} stopped before {address:#x}"),
            1 => {
                // SAFETY: `encode` took the address from a reference that lives for ever.
                let what: &'static Event = unsafe { &*(address as usize as *const Event) };
                println!("# step {number} core {core} {}", what.words);
            }
            2 => println!("# step {number} core {core} sleeps"),
            3 => println!("# step {number} core {core} wakes"),
            _ => println!("# step {number} core {core} is done"),
        }
    }
}
