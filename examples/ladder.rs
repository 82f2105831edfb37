//! Ways to count users, side by side: `-append "mode=time"`, `mode=instructions` or `mode=coherence`.
//!
//! ```sh
//! cargo run --release --example ladder
//! QEMU_SMP=64 QEMU_EXTRA='-append "mode=time rungs=shared,cache_aware"' cargo run --release --example ladder
//! QEMU_CPU=max,cntfrq=62500000 QEMU_ACCEL=tcg,thread=single \
//!     QEMU_EXTRA='-icount shift=4,sleep=off -append mode=instructions' cargo run --release --example ladder
//! ```
//!
//! `machine::ladder` says what each mode does and takes; docs/ladder.md, how to read it.

#![no_std]
#![no_main]

machine::kernel!(machine::ladder::main);
