//! The machine: one aarch64 kernel for QEMU's `virt`, on all cores.
//!
//! A kernel image is a `no_main` binary that calls [`kernel!`] with a function. That function runs on
//! core 0, with MMU and caches on, a heap, a console and interrupts; [`smp::start::start_all`] brings
//! up the other cores, which sleep until [`smp::jobs::run`] gives them work.
//!
//! ```text
//! boot/entry.S  ->  boot::first_core            ->  device tree, console, memory, heap,
//!                                                   page tables, interrupts, the image's function
//! boot/entry.S  ->  smp::start::secondary_core  ->  interrupts, jobs::serve (sleeps in WFI)
//! ```
//!
//! A module uses only modules that stand in the same room or in one further down:
//!
//! ```text
//! boot               the order in which everything starts
//! traps   testing    exceptions and panics; how an image judges itself
//! smp                the cores: their data, their sleep, their work
//! board              the devices and the memory of QEMU's virt
//! arch               what every aarch64 core has
//! ```
//!
//! Every wait has a deadline, every failure ends QEMU with a status that is not zero.

#![no_std]
#![cfg(target_os = "none")]

extern crate alloc;

pub mod boot;

/// What every aarch64 core has, whatever board it sits on.
pub mod arch {
    pub mod cache;
    pub mod cpu;
    pub mod interrupt_mask;
    pub mod semihosting;
    pub mod syndrome;
    pub mod time;
    pub mod timer;
}

/// QEMU's `virt`: its devices, its memory, and the image in it.
pub mod board {
    pub mod console;
    pub mod device_tree;
    pub mod early_map;
    pub mod exit;
    pub mod gic;
    pub mod heap;
    pub mod image;
    pub mod memory;
    pub mod mmu;
    pub mod psci;
}

/// Several cores: their data, their sleep, their work.
pub mod smp {
    pub mod cores;
    pub mod jobs;
    pub mod park;
    pub mod protection;
    pub mod start;
}

/// What an image needs to judge itself and to report.
pub mod testing {
    pub mod canary;
    pub mod environment;
    pub mod ktap;
    pub mod measure;
}

/// What interrupts the normal course of a core: interrupts, exceptions, panics.
pub mod traps {
    pub mod exceptions;
    pub mod interrupts;
    pub mod panic;
}
