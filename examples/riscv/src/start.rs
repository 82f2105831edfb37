//! The start: the firmware jumps to one hart's entry, which has it start the others.

use crate::park::Sleep;
use crate::slot::{self, MOST};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use rundown::Park;

/// Harts that run this kernel; 0 until they are counted.
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// The hart that came first. It starts and ends drains, and reports.
static LEADER: AtomicUsize = AtomicUsize::new(0);
/// Whether no hart was here before. In `.data`, as `.bss` is cleared after the question.
static FIRST: AtomicBool = AtomicBool::new(true);
/// How often a hart has come to a meeting, over all harts and meetings.
static ARRIVED: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" {
    /// The entry of riscv-rt, for every hart: stack, traps, and then `main`.
    fn _start();
}

/// Returns to riscv-rt whether the calling hart initialises memory: only the first one does.
///
/// The firmware chooses which hart that is, and it need not be number 0 (SBI, "Hart State Management").
#[unsafe(export_name = "_mp_hook")]
extern "C" fn initialises_memory(_hart: usize) -> bool {
    // Relaxed: the others are started by the first, behind all of its writes.
    FIRST.swap(false, Ordering::Relaxed)
}

/// Counts the harts and starts all but the calling one, the leader. They come to `main`, with 0 as second argument.
pub fn others() {
    // Numbers may have gaps (Volume II, "Hart ID Register"); those of QEMU's `virt` have none. A kernel for more
    // than that takes the numbers from the device tree, and gives out indexes of its own.
    let harts = (0..).take_while(|hart| sbi_rt::hart_get_status(*hart).is_ok()).count();
    assert!(
        harts <= MOST,
        "{harts} harts, and this kernel is built for {MOST}; set QEMU_SMP to fewer"
    );
    COUNT.store(harts, Ordering::Relaxed);
    LEADER.store(slot::index(), Ordering::Relaxed);
    // What was written is visible to who is started: as in src/park.rs, before the firmware's interrupt.
    riscv::asm::fence();
    for hart in (0..harts).filter(|hart| *hart != slot::index()) {
        let started = sbi_rt::hart_start(hart, _start as *const () as usize, 0);
        assert!(started.is_ok(), "hart {hart} does not start: {started:?}");
    }
}

/// Returns how many harts there are.
pub fn count() -> usize {
    COUNT.load(Ordering::Relaxed)
}

/// Returns the index of the hart that came first.
pub fn leader() -> usize {
    LEADER.load(Ordering::Relaxed)
}

/// Waits until all harts have come here as often. What each did before is visible to all behind it.
pub fn meet() {
    let count = count();
    // AcqRel: releases what this hart did to those behind the meeting, and the last one acquires all of it.
    let all = (ARRIVED.fetch_add(1, Ordering::AcqRel) / count + 1) * count;
    let address = (&raw const ARRIVED).cast();
    if ARRIVED.load(Ordering::Relaxed) >= all {
        Sleep::unpark_all(address);
    }
    // Acquire: pairs with the fetch_add of each of the others.
    Sleep::park_until(address, &mut || ARRIVED.load(Ordering::Acquire) >= all, None);
}
