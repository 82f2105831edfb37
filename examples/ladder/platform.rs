//! What this kernel brings along for the variants: the slot of a core, and how a core waits for a lock.

use ladder::{Platform, RelaxStrategy};
use machine::arch::cpu;
use machine::smp::protection::ThisCore;

/// This kernel.
pub struct ThisKernel;

impl Platform for ThisKernel {
    type Slot = ThisCore;
    type Relax = Yield;
}

/// How the locks wait: by [`cpu::give_way`].
pub struct Yield;

impl RelaxStrategy for Yield {
    #[inline(always)]
    fn relax() {
        cpu::give_way();
    }
}
