//! Interrupts: who takes them, when they are masked, and when the timer's come.

use crate::arrival;
use crate::patience::{DEADLINE_MS, comes_true};
use aarch64_cpu::registers::{DAIF, Readable};
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use machine::arch::interrupt_mask::{
    interrupts_are_masked, mask_interrupts, unmask_interrupts, without_interrupts,
};
use machine::arch::time;
use machine::board::gic;
use machine::smp::{cores, jobs, park};
use machine::testing::ktap::{self, equal, holds};

/// Debug exceptions and FIQ are masked, errors (SError) never are (Arm ARM, DAIF: D, A, I, F from bit 9).
const OPEN: u64 = 1 << 9 | 1 << 6;
const MASKED: u64 = OPEN | 1 << 7;

/// Returns how many interrupts a core has taken.
pub fn taken(core: &cores::Core) -> u64 {
    core.interrupts.load(Ordering::Relaxed)
}

/// Checks that an inter-core interrupt reaches every core, is counted, and calls the handler.
pub fn arrive() -> ktap::Result {
    for core in cores::all() {
        let before = (taken(core), arrival::handled(core));
        let both = || taken(core) > before.0 && arrival::handled(core) > before.1;
        gic::wake_core(core.target());
        holds(format_args!("core {} was interrupted", core.index), comes_true(both))?;
    }
    Ok(())
}

/// Checks on every core what is masked: nothing that shows an error, and interrupts only where it is asked.
pub fn masks() -> ktap::Result {
    let wrong = AtomicUsize::new(0);
    jobs::run(&|_| {
        let seen = [
            DAIF.get(),
            without_interrupts(|| DAIF.get()),
            DAIF.get(),
            without_interrupts(|| {
                without_interrupts(|| ());
                DAIF.get()
            }),
            mask_and_read(),
            u64::from(interrupts_are_masked()),
            unmask_and_read(),
            u64::from(interrupts_are_masked()),
        ];
        let right = [OPEN, MASKED, OPEN, MASKED, MASKED, 1, OPEN, 0];
        wrong.fetch_add(usize::from(seen != right), Ordering::Relaxed);
    });
    equal("cores that mask something else", wrong.into_inner(), 0)
}

fn mask_and_read() -> u64 {
    mask_interrupts();
    DAIF.get()
}

fn unmask_and_read() -> u64 {
    unmask_interrupts();
    DAIF.get()
}

/// When the timer has called, and how often.
static CALLED_AT: AtomicU64 = AtomicU64::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

fn called() {
    CALLED_AT.store(time::now(), Ordering::Relaxed);
    CALLS.fetch_add(1, Ordering::Relaxed);
}

/// Checks that the timer ends sleeps and calls, neither before its time, and a function only once.
pub fn timer_keeps_its_times() -> ktap::Result {
    let nobody = 0u8;
    let sleep_until = |at| park::wait((&raw const nobody).cast(), || false, at);
    let call_at = time::after_ms(30);
    cores::this().timer.call_at(call_at, called);
    let first = time::after_ms(10);
    holds("nothing has happened that was waited for", !sleep_until(first))?;
    holds("a sleep does not end before its deadline", time::now() >= first)?;
    let deadline = time::after_ms(DEADLINE_MS);
    let once = || CALLS.load(Ordering::Relaxed) > 0;
    holds("the timer has called", park::wait((&raw const nobody).cast(), once, deadline))?;
    holds("not before its time", CALLED_AT.load(Ordering::Relaxed) >= call_at)?;
    let before = taken(cores::this());
    let last = time::after_ms(10);
    sleep_until(last);
    holds("a sleep does not end before its deadline", time::now() >= last)?;
    equal("calls", CALLS.load(Ordering::Relaxed), 1)?;
    // Woken by whatever is left over, and at the deadline; not again and again.
    holds("few interrupts come meanwhile", taken(cores::this()) - before <= 4)
}
