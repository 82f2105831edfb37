//! The virtual timer of each core: it ends a sleep at its deadline, and rings an alarm.

use crate::{cores, exceptions, time};
use aarch64_cpu::registers::{CNTV_CTL_EL0, CNTV_CVAL_EL0, Writeable};
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use core::{mem, ptr};

/// The interrupt of the virtual timer: PPI 11, that is INTID 27 (Arm BSA, "PPI assignments"; the
/// device tree's `/timer` says the same).
pub const PPI: u32 = 11;

const NEVER: u64 = u64::MAX;

/// What a core waits for. Read and written by that core alone; atomics, but no read-modify-write.
#[derive(Debug)]
pub struct Timer {
    wake_at: AtomicU64,
    alarm_at: AtomicU64,
    alarm: AtomicPtr<()>,
}

impl Timer {
    /// Makes a timer that is not set.
    pub const fn new() -> Self {
        Self {
            wake_at: AtomicU64::new(NEVER),
            alarm_at: AtomicU64::new(NEVER),
            alarm: AtomicPtr::new(ptr::null_mut()),
        }
    }

    fn program(&self) {
        let wake_at = self.wake_at.load(Ordering::Relaxed);
        let next = wake_at.min(self.alarm_at.load(Ordering::Relaxed));
        CNTV_CVAL_EL0.set(next);
        if next == NEVER {
            CNTV_CTL_EL0.write(CNTV_CTL_EL0::ENABLE::CLEAR);
        } else {
            CNTV_CTL_EL0.write(CNTV_CTL_EL0::ENABLE::SET + CNTV_CTL_EL0::IMASK::CLEAR);
        }
    }
}

impl Default for Timer {
    fn default() -> Self {
        Self::new()
    }
}

/// Has an interrupt come at `deadline`, so that a sleep ends. `None` takes that back.
pub fn wake_at(deadline: Option<u64>) {
    exceptions::without_interrupts(|| {
        let timer = &cores::this().timer;
        timer.wake_at.store(deadline.unwrap_or(NEVER), Ordering::Relaxed);
        timer.program();
    });
}

/// Has `alarm` called on this core once, at time `at`, inside the timer's interrupt.
pub fn ring_at(at: u64, alarm: fn()) {
    exceptions::without_interrupts(|| {
        let timer = &cores::this().timer;
        timer.alarm.store(alarm as *mut (), Ordering::Relaxed);
        timer.alarm_at.store(at, Ordering::Relaxed);
        timer.program();
    });
}

/// Handles the timer's interrupt.
pub fn interrupt() {
    let timer = &cores::this().timer;
    let now = time::now();
    if timer.wake_at.load(Ordering::Relaxed) <= now {
        timer.wake_at.store(NEVER, Ordering::Relaxed); // its purpose was to interrupt
    }
    let due = timer.alarm_at.load(Ordering::Relaxed) <= now;
    if due {
        timer.alarm_at.store(NEVER, Ordering::Relaxed);
    }
    timer.program();
    let alarm = timer.alarm.load(Ordering::Relaxed);
    if due && !alarm.is_null() {
        // SAFETY: only `ring_at` stores here, and what it stores is a `fn()`.
        let alarm = unsafe { mem::transmute::<*mut (), fn()>(alarm) };
        alarm();
    }
}
