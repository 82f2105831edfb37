//! The markers as instructions.

use crate::markers::{ARRIVE, COLD, END, NAME, ONE, PHASE, WAKES, WATCH, ZERO};
use core::arch::asm;
use core::ops::Range;

/// Says that this core takes part in phase `number`, which is not 0; with others, `cores` in all.
///
/// The same number may be used again, also with other cores.
#[inline(always)]
pub fn phase(number: u16, cores: usize) {
    let before = hold_interrupts();
    spell(cores as u64, 16);
    spell(number.into(), 16);
    hint::<PHASE>();
    restore_interrupts(before);
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
    let before = hold_interrupts();
    spell_name(name);
    spell(number.into(), 16);
    hint::<NAME>();
    restore_interrupts(before);
}

/// Watches the cache lines that `range` touches. `stride`: bytes of an element, or 0 for one object.
///
/// What is watched stays watched; a new name for the same addresses takes the place of the old one.
#[inline(always)]
pub fn watch<T>(name: &str, range: Range<*const T>, stride: usize) {
    let before = hold_interrupts();
    spell_name(name);
    spell(range.start.addr() as u64, 64);
    spell(range.end.addr() as u64, 64);
    spell(stride as u64, 64);
    hint::<WATCH>();
    restore_interrupts(before);
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
    let before = hold_interrupts();
    spell(index as u64, 16);
    hint::<WAKES>();
    restore_interrupts(before);
}

/// Holds interrupts back for a whole sentence: a handler that has something to say comes before or
/// after it. Returns what [`restore_interrupts`] needs.
#[inline(always)]
fn hold_interrupts() -> u64 {
    let before: u64;
    // SAFETY: reads DAIF and sets its bit I, which EL1 may always do.
    unsafe { asm!("mrs {}, daif", "msr daifset, #2", out(reg) before, options(nostack)) };
    before
}

/// Lets interrupts through again, if they were let through before.
#[inline(always)]
fn restore_interrupts(before: u64) {
    // SAFETY: puts back what `hold_interrupts` has found.
    unsafe { asm!("msr daif, {}", in(reg) before, options(nostack)) };
}

/// Spells a name, byte by byte.
#[inline(always)]
fn spell_name(name: &str) {
    for &byte in name.as_bytes() {
        spell(byte.into(), 8);
    }
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
