//! What the kernel tells the QEMU plugin `cachescope`, if that is there. Nothing, if it is not.
//!
//! The plugin counts coherence traffic on the memory that is watched, and can decide which core takes
//! the next step (crates/cachescope). What it must know comes from here: what to watch, where a phase
//! begins and ends, who wakes whom.
//!
//! A mark is a HINT instruction in the space that the architecture has not allocated, which every core
//! executes as NOP (Arm ARM C6.2 "HINT", C4.1 "Hints"). The plugin finds it by its opcode; it cannot
//! read registers, so arguments are spelled out in two hints for 0 and 1. Without the plugin that is
//! some tens of no-ops at the beginning of a phase; no memory is touched, no branch depends on it.
//!
//! ```ignore
//! scope::watch("slots", slots.as_ptr_range(), 128);   // once it exists
//! scope::name(1, "packed");
//! scope::cold();                                      // the counts begin without history
//! jobs::run(&|core| {
//!     scope::phase(1, cores::count());                // schedules: waits until all are here
//!     ...
//!     scope::end();
//! });
//! ```
//!
//! Of what happens between `phase` and `end` a schedule asks: no sleep but by [`sleep`], no wake-up of
//! a core without [`wakes`] before it, and nothing that depends on the time. Spinning cores must
//! execute YIELD, WFE or ISB (`core::hint::spin_loop` does).

use crate::exceptions::without_interrupts;
use core::arch::asm;
use core::ops::Range;

/// The marks' numbers, as in crates/cachescope/src/marks.rs.
const PHASE: u32 = 0x60;
const END: u32 = 0x61;
const ZERO: u32 = 0x62;
const ONE: u32 = 0x63;
const COLD: u32 = 0x64;
const WATCH: u32 = 0x65;
const ARRIVE: u32 = 0x66;
const WAKES: u32 = 0x67;
const NAME: u32 = 0x68;

/// This core takes part in phase `number`, which is not 0, together with others: `cores` in all.
///
/// The same number may be used again, also with other cores.
pub fn phase(number: u16, cores: usize) {
    sentence::<PHASE>(|| {
        spell(cores as u64, 16);
        spell(number.into(), 16);
    });
}

/// This core takes part in phase `number`, which a schedule leaves alone: its accesses are only counted.
pub fn phase_to_count(number: u16) {
    phase(number, 0);
}

/// This core takes part no more.
pub fn end() {
    hint::<END>();
}

/// Calls a phase by a name in the plugin's results.
pub fn name(number: u16, name: &str) {
    sentence::<NAME>(|| {
        name.bytes().for_each(|byte| spell(byte.into(), 8));
        spell(number.into(), 16);
    });
}

/// Watches the cache lines that `range` touches. `stride`: bytes of an element, or 0 for one object.
///
/// What is watched stays watched; a new name for the same addresses takes the place of the old one.
pub fn watch<T>(name: &str, range: Range<*const T>, stride: usize) {
    sentence::<WATCH>(|| {
        name.bytes().for_each(|byte| spell(byte.into(), 8));
        spell(range.start.addr() as u64, 64);
        spell(range.end.addr() as u64, 64);
        spell(stride as u64, 64);
    });
}

/// Takes all watched lines out of the plugin's caches, as if nobody had used them yet.
pub fn cold() {
    hint::<COLD>();
}

/// Sleeps until there is an interrupt, as WFI does, and lets a schedule go on without this core.
pub fn sleep() {
    // SAFETY: WFI waits, at EL1 without a trap, and changes nothing; the hint is a no-op. Other memory
    // accesses stay on their side, because the block may access memory as far as the compiler knows.
    unsafe { asm!("wfi", "hint #{arrive}", arrive = const ARRIVE, options(nostack)) };
}

/// This core is about to send an interrupt to the core with this index, which may be asleep.
pub fn wakes(index: usize) {
    sentence::<WAKES>(|| spell(index as u64, 16));
}

/// Says a whole sentence; an interrupt handler that has something to say comes before or after it.
fn sentence<const END: u32>(arguments: impl FnOnce()) {
    without_interrupts(|| {
        arguments();
        hint::<END>();
    });
}

/// Spells the lowest `bits` bits of a number, the highest of them first.
fn spell(number: u64, bits: u32) {
    for bit in (0..bits).rev() {
        if number >> bit & 1 == 1 { hint::<ONE>() } else { hint::<ZERO>() }
    }
}

#[inline(always)]
fn hint<const NUMBER: u32>() {
    // SAFETY: a no-op. It may access memory as far as the compiler knows, so accesses before a mark
    // stay before it.
    unsafe { asm!("hint #{number}", number = const NUMBER, options(nostack, preserves_flags)) };
}
