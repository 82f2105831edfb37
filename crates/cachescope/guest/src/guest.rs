//! The markers as instructions.

use crate::markers::{ARRIVE, COLD, END, NAME, ONE, PHASE, WAKES, WATCH, ZERO};
use core::arch::asm;
use core::ops::Range;

/// Says that this core takes part in phase `number`, which is not 0, together with others: `cores` in all.
///
/// The same number may be used again, also with other cores.
#[inline(always)]
pub fn phase(number: u16, cores: usize) {
    sentence::<PHASE>(|| {
        spell(cores as u64, 16);
        spell(number.into(), 16);
    });
}

/// Says that this core takes part in phase `number`, which a schedule leaves alone: its accesses are
/// only counted.
#[inline(always)]
pub fn phase_to_count(number: u16) {
    phase(number, 0);
}

/// Says that this core takes part no more.
#[inline(always)]
pub fn end() {
    hint::<END>();
}

/// Calls a phase by a name in the plugin's results.
#[inline(always)]
pub fn name(number: u16, name: &str) {
    sentence::<NAME>(|| {
        name.bytes().for_each(|byte| spell(byte.into(), 8));
        spell(number.into(), 16);
    });
}

/// Watches the cache lines that `range` touches. `stride`: bytes of an element, or 0 for one object.
///
/// What is watched stays watched; a new name for the same addresses takes the place of the old one.
#[inline(always)]
pub fn watch<T>(name: &str, range: Range<*const T>, stride: usize) {
    sentence::<WATCH>(|| {
        name.bytes().for_each(|byte| spell(byte.into(), 8));
        spell(range.start.addr() as u64, 64);
        spell(range.end.addr() as u64, 64);
        spell(stride as u64, 64);
    });
}

/// Takes all watched lines out of the plugin's caches, as if nobody had used them yet.
#[inline(always)]
pub fn cold() {
    hint::<COLD>();
}

/// Sleeps until there is an interrupt, as WFI does, and lets a schedule go on without this core.
#[inline(always)]
pub fn sleep() {
    // SAFETY: WFI waits, at EL1 without a trap, and changes nothing; the hint is a no-op. Other memory
    // accesses stay on their side, because the block may access memory as far as the compiler knows.
    unsafe { asm!("wfi", "hint #{arrive}", arrive = const ARRIVE, options(nostack)) };
}

/// Says that this core is about to send an interrupt to the core with this index, which may be asleep.
#[inline(always)]
pub fn wakes(index: usize) {
    sentence::<WAKES>(|| spell(index as u64, 16));
}

/// Says a whole sentence, with interrupts held back: a handler that has something to say comes before
/// or after it.
#[inline(always)]
fn sentence<const LAST: u32>(arguments: impl FnOnce()) {
    let before: u64;
    // SAFETY: reads DAIF and sets its bit I, which EL1 may always do; the bit is put back below. The
    // block may access memory as far as the compiler knows, so accesses before it stay before it.
    unsafe { asm!("mrs {}, daif", "msr daifset, #2", out(reg) before, options(nostack)) };
    arguments();
    hint::<LAST>();
    // SAFETY: puts back what was there.
    unsafe { asm!("msr daif, {}", in(reg) before, options(nostack)) };
}

/// Spells the lowest `bits` bits of a number, the highest of them first.
#[inline(always)]
fn spell(number: u64, bits: u32) {
    for bit in (0..bits).rev() {
        if number >> bit & 1 == 1 { hint::<ONE>() } else { hint::<ZERO>() }
    }
}

#[inline(always)]
fn hint<const NUMBER: u32>() {
    // SAFETY: a no-op. It may access memory as far as the compiler knows, so accesses before a marker
    // stay before it.
    unsafe { asm!("hint #{number}", number = const NUMBER, options(nostack, preserves_flags)) };
}
