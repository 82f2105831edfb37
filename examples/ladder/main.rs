//! Ways to count users, side by side: `-append "mode=time"`, `mode=instructions` or `mode=coherence`.
//!
//! ```sh
//! cargo run --release --example ladder
//! QEMU_SMP=64 QEMU_EXTRA='-append "mode=time rungs=shared,cache_aware"' cargo run --release --example ladder
//! QEMU_CPU=max,cntfrq=62500000 QEMU_ACCEL=tcg,thread=single \
//!     QEMU_EXTRA='-icount shift=4,sleep=off -append mode=instructions' cargo run --release --example ladder
//! ```
//!
//! The variants of crates/ladder are measured in three ways; docs/guide (clock, ladder, atomics) says how to read them.
//!
//! | `mode=` | asks | takes besides |
//! |---|---|---|
//! | `time` | how fast are n cores, compared with one? | `rounds=N` (9), `pairs=N` (a core and round), `cores=1,2,4`, `rungs=a,b` |
//! | `instructions` | how long is the way, in instructions? | `pairs=N` (1000), `rungs=a,b`; QEMU with `-icount shift=4,sleep=off -cpu max,cntfrq=62500000` |
//! | `coherence` | which lines travel? | `pairs=N` (a core), `cores=N` that take part (all), `rungs=a,b`; counted by the plugin in crates/cachescope |
//!
//! Without `pairs=`, `mode=time` gives n cores the same number of pairs in all, whatever n is, so that
//! a measurement takes about as long on 64 cores as on one (`PAIRS` in time.rs). What is wrong with
//! the arguments is said in one line, and the boot fails.

#![no_std]
#![no_main]

extern crate alloc;

mod arguments;
mod barrier;
mod coherence;
mod concurrency;
mod instructions;
mod masked;
mod platform;
mod table;
mod time;

use arguments::{Arguments, Mode};
use machine::board::console::println;
use machine::board::exit::{self, Status};
use machine::smp::start;

machine::kernel!(main);

fn main() -> ! {
    start::start_all(None);
    let arguments = Arguments::read().unwrap_or_else(|wrong| {
        println!("# {wrong}");
        exit::exit(Status::Fail)
    });
    match arguments.mode {
        Mode::Time => time::run(&arguments),
        Mode::Instructions => instructions::run(&arguments),
        Mode::Coherence => coherence::run(&arguments),
    }
}
