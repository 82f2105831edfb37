//! Waiting: asleep in WFI, until an interrupt of another hart or of the timer.
//!
//! Who sleeps at which address, and who is woken, is decided in `crates/parking`. Here is what it takes of the
//! hardware. Sections are those of the RISC-V specifications, Volume I unprivileged, Volume II privileged.

use crate::slot::{self, MOST};
use core::sync::atomic::{AtomicUsize, Ordering};
use parking::Sleepers;
use riscv::asm;
use riscv::interrupt::{self, Interrupt};
use riscv::register::{sie, sip, time};
use rundown::Park;
use sbi_rt::HartMask;

/// Ticks in a millisecond: the counter of QEMU's `virt` has 10 MHz (include/hw/intc/riscv_aclint.h). A kernel for
/// more than one machine reads `timebase-frequency` in the device tree.
const TICKS_PER_MS: u64 = 10_000;
/// Without a deadline of its own a wait gets this one: nothing in this kernel waits for ever. It is long, as 64 harts
/// may share two busy processors of the host, and comes before the runner's.
const LONGEST_MS: u64 = 30_000;

/// What others know of a hart.
struct Hart {
    index: usize,
    /// The address that it sleeps at, or 0.
    parked_on: AtomicUsize,
}

static HARTS: [Hart; MOST] = {
    let mut harts = [const { Hart { index: 0, parked_on: AtomicUsize::new(0) } }; MOST];
    let mut index = 0;
    while index < MOST {
        harts[index].index = index;
        index += 1;
    }
    harts
};
static SLEEPERS: Sleepers<64, { MOST.div_ceil(64) }> = Sleepers::new();
/// Interrupts by other harts that were taken, on all harts.
static WOKEN: AtomicUsize = AtomicUsize::new(0);

impl parking::Core for Hart {
    fn find(index: usize) -> Option<&'static Self> {
        HARTS.get(index)
    }

    fn index(&self) -> usize {
        self.index
    }

    fn parked_on(&self) -> &AtomicUsize {
        &self.parked_on
    }

    fn now(&self) -> u64 {
        time::read64()
    }

    fn alarm(&self, at: Option<u64>) {
        sbi_rt::set_timer(at.unwrap_or(u64::MAX));
    }

    fn masked(&self, body: impl FnOnce()) {
        // Clears sstatus.SIE, and so closes the gap between the last look and WFI: an interrupt that comes there
        // is not handled, and forgotten, before the hart sleeps, but stays pending.
        interrupt::free(body);
    }

    fn sleep(&self) {
        // WFI ends when an interrupt is pending that `sie` enables, whatever sstatus.SIE says, and at once if one
        // is pending already (Volume II, 3.3.3, "Wait for Interrupt").
        asm::wfi();
    }

    fn interrupt(&self) {
        // What this hart wrote must be visible before the interrupt is. The firmware sends it by a device register,
        // and only a fence with `o` behind it orders memory before devices (Volume I, "Memory Ordering
        // Instructions"): Rust's own fences are `fence rw, rw` at most.
        asm::fence();
        let sent = sbi_rt::send_ipi(HartMask::from_mask_base(1, self.index));
        assert!(sent.is_ok(), "hart {} cannot be interrupted: {sent:?}", self.index);
    }
}

/// Waiting for a run-down, or for anything else that changes.
pub struct Sleep;

impl Park for Sleep {
    /// Ticks of the counter `time`.
    type Deadline = u64;

    fn park_until(
        address: *const (),
        ready: &mut dyn FnMut() -> bool,
        deadline: Option<u64>,
    ) -> bool {
        let latest = deadline.unwrap_or_else(|| after_ms(LONGEST_MS));
        let done = SLEEPERS.wait(&HARTS[slot::index()], address, ready, latest);
        assert!(done || deadline.is_some(), "a wait at {address:p} took {LONGEST_MS} ms");
        done
    }

    fn unpark_all(address: *const ()) {
        SLEEPERS.wake::<Hart>(address);
    }
}

/// Lets the calling hart be interrupted, by other harts and by its timer. Only behind this may it wait.
pub fn start() {
    // SAFETY: both interrupts have their handlers below, and nothing else is enabled.
    unsafe {
        sie::set_ssoft();
        sie::set_stimer();
        interrupt::enable();
    }
}

#[riscv_rt::core_interrupt(Interrupt::SupervisorSoft)]
fn woken() {
    WOKEN.fetch_add(1, Ordering::Relaxed);
    // SAFETY: it takes back what `interrupt` has raised, and nothing else.
    unsafe { sip::clear_ssoft() };
    // What is looked at from here on was written before the next interrupt: without a fence a later load may
    // come before the write of the register (Volume I, Zicsr, "CSR Access Ordering"), and miss both.
    asm::fence();
}

#[riscv_rt::core_interrupt(Interrupt::SupervisorTimer)]
fn alarm_rings() {
    sbi_rt::set_timer(u64::MAX); // which also takes the interrupt back (SBI, "Timer Extension")
}

/// Returns the time in so many milliseconds, in ticks.
pub fn after_ms(ms: u64) -> u64 {
    time::read64() + ms * TICKS_PER_MS
}

/// Sleeps for so many milliseconds.
pub fn nap(ms: u64) {
    let never = AtomicUsize::new(0);
    Sleep::park_until((&raw const never).cast(), &mut || false, Some(after_ms(ms)));
}

/// Returns how many interrupts by other harts were taken, on all harts.
pub fn wake_ups() -> usize {
    WOKEN.load(Ordering::Relaxed)
}
