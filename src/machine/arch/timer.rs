//! The virtual timer of a core: it ends a sleep, and calls a function at a time.

use crate::arch::interrupt_mask::without_interrupts;
use crate::arch::time;
use aarch64_cpu::registers::{CNTV_CTL_EL0, CNTV_CVAL_EL0, Writeable};
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use core::{mem, ptr};

/// The interrupt of the virtual timer: PPI 11, that is INTID 27 (Arm BSA, "PPI assignments"; the
/// device tree's `/timer` says the same).
pub const PPI: u32 = 11;

const NEVER: u64 = u64::MAX;

/// What one core waits for.
///
/// A core's timer hardware can be reached by that core alone, so only the core that owns this may call
/// its methods. Atomics, because an interrupt may come between two accesses; no read-modify-write.
#[derive(Debug)]
pub struct Timer {
    wake_at: AtomicU64,
    call_at: AtomicU64,
    callback: AtomicPtr<()>,
}

impl Timer {
    /// Makes a timer that is not set.
    pub const fn new() -> Self {
        Self {
            wake_at: AtomicU64::new(NEVER),
            call_at: AtomicU64::new(NEVER),
            callback: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Has an interrupt come at `deadline`, so that a sleep ends. `None` takes that back.
    pub fn wake_at(&self, deadline: Option<u64>) {
        without_interrupts(|| {
            self.wake_at.store(deadline.unwrap_or(NEVER), Ordering::Relaxed);
            self.program();
        });
    }

    /// Has `callback` called on this core once, at time `at`, inside the timer's interrupt.
    pub fn call_at(&self, at: u64, callback: fn()) {
        without_interrupts(|| {
            self.callback.store(callback as *mut (), Ordering::Relaxed);
            self.call_at.store(at, Ordering::Relaxed);
            self.program();
        });
    }

    /// Handles the timer's interrupt.
    pub fn interrupt(&self) {
        let now = time::now();
        if self.wake_at.load(Ordering::Relaxed) <= now {
            self.wake_at.store(NEVER, Ordering::Relaxed); // its purpose was to interrupt
        }
        let due = self.call_at.load(Ordering::Relaxed) <= now;
        if due {
            self.call_at.store(NEVER, Ordering::Relaxed);
        }
        self.program();
        let callback = self.callback.load(Ordering::Relaxed);
        if due && !callback.is_null() {
            // SAFETY: only `call_at` stores here, and what it stores is a `fn()`.
            let callback = unsafe { mem::transmute::<*mut (), fn()>(callback) };
            callback();
        }
    }

    /// Sets the hardware to whichever comes first.
    fn program(&self) {
        let wake_at = self.wake_at.load(Ordering::Relaxed);
        let next = wake_at.min(self.call_at.load(Ordering::Relaxed));
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
