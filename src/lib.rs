//! The machine below the demo: one aarch64 kernel for QEMU's `virt`, all cores.
//!
//! A kernel image is a `no_main` binary that calls [`kernel!`] with a function. That function runs on
//! core 0, with MMU and caches on, a heap, a console and interrupts; [`cores::start_all`] brings up
//! the others, which then sleep until [`jobs::run`] gives them work.
//!
//! ```text
//! boot/entry.S  ->  boot::first_core  ->  device tree, console, memory, page tables, heap,
//!                                         interrupts  ->  the image's function
//! boot/entry.S  ->  cores::secondary_core  ->  interrupts  ->  jobs::serve  (sleeps in WFI)
//! ```
//!
//! Every wait has a deadline, every failure ends QEMU with a status that is not zero.

#![no_std]
#![cfg(target_os = "none")]

extern crate alloc;

pub mod boot;
pub mod cache;
pub mod checks;
pub mod console;
pub mod cores;
pub mod device_tree;
pub mod exceptions;
pub mod exit;
pub mod fault;
pub mod gic;
pub mod heap;
pub mod interrupts;
pub mod jobs;
pub mod ktap;
pub mod ladder;
pub mod memory;
pub mod mmu;
pub mod panic;
pub mod park;
pub mod payload;
pub mod preempt;
pub mod psci;
pub mod report;
pub mod rounds;
pub mod scenarios;
pub mod scope;
pub mod tally;
pub mod time;
pub mod timer;
pub mod worker;
