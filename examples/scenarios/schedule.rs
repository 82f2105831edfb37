//! Seeded preemption: the seed chooses which core runs, and for how long.
//!
//! One core at a time runs, for a seeded number of instructions; then the seed chooses who is next.
//!
//! For QEMU under `-icount shift=4`, where a tick of the virtual counter is one instruction. The core
//! whose turn it is sets its virtual timer a few instructions ahead; the interrupt's handler draws the
//! next core from the seed and waits, with interrupts masked, until its own turn comes again. The code
//! that is preempted knows nothing of it and is not changed.
//!
//! A core that waits for its turn sleeps in WFI, so it takes no instruction from the one that runs. A
//! core that sleeps in [`park`](machine::smp::park) gives its turn away, and asks for one when an
//! inter-core interrupt has woken it: a wake-up that is lost stays lost.
//!
//! Interleavings are sequentially consistent, and code that masks interrupts is never interrupted.

pub mod calibrate;
pub mod choice;
pub mod plugin;
pub mod random;
pub mod scheduler;
pub mod trace;
pub mod turns;

/// Notes for the trace what this core has just done.
macro_rules! note {
    ($words:literal) => {
        $crate::schedule::scheduler::note(const { &$crate::schedule::trace::Event::new($words) })
    };
}
pub(crate) use note;
