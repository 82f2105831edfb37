//! The ladder on this machine: the rungs of crates/ladder, measured side by side in three ways.
//!
//! | `mode=` | asks | takes besides |
//! |---|---|---|
//! | `time` | how fast are n cores, compared with one? | `rounds=N` (9), `pairs=N` (a core and round), `cores=1,2,4`, `rungs=a,b` |
//! | `instructions` | how long is the way, in instructions? | `pairs=N` (1000), `rungs=a,b`; QEMU with `-icount shift=4,sleep=off -cpu max,cntfrq=62500000` |
//! | `coherence` | which lines travel? | `pairs=N` (a core), `cores=N` that take part (all), `rungs=a,b`; counted by the plugin in crates/cachescope |
//!
//! Without `pairs=`, `mode=time` gives n cores the same number of pairs in all, whatever n is, so that
//! a measurement takes about as long on 64 cores as on one (`PAIRS` in src/ladder/time.rs). What is wrong
//! with the arguments is said in one line, and the boot fails.

use crate::{cores, exit, park, println};
use arguments::{Arguments, Mode};
use core::arch::asm;

mod arguments;
mod coherence;
mod concurrency;
mod gate;
mod instructions;
mod table;
mod time;

/// The image `examples/ladder.rs`.
pub fn main() -> ! {
    cores::start_all(None);
    let arguments = Arguments::read().unwrap_or_else(|wrong| {
        println!("# {wrong}");
        exit::exit(exit::Status::Fail)
    });
    match arguments.mode {
        Mode::Time => time::run(&arguments),
        Mode::Instructions => instructions::run(&arguments),
        Mode::Coherence => coherence::run(&arguments),
    }
}

/// How the locks wait: by YIELD, which under `thread=single` lets the next core run and otherwise does
/// nothing. `core::hint::spin_loop` is an ISB, with which a core that waits would use up its time slice.
struct Yield;

impl ladder::RelaxStrategy for Yield {
    #[inline(always)]
    fn relax() {
        // SAFETY: a hint, without effect on registers or memory.
        unsafe { asm!("yield", options(nomem, nostack, preserves_flags)) };
    }
}

/// Deadline for whatever a core waits for here, in milliseconds.
const PATIENCE_MS: u64 = 20_000;

/// Sleeps at `address` until `ready`. Panics, naming the core and what it waits for, if that is late.
fn wait(address: *const (), what: &str, ready: impl FnMut() -> bool) {
    if !park::wait(address, ready, crate::time::after_ms(PATIENCE_MS)) {
        panic!("core {} has waited {PATIENCE_MS} ms for {what}", cores::this_index());
    }
}
