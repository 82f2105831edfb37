//! What a kernel tells the QEMU plugin `cachescope`, if that is there.
//!
//! The plugin counts coherence traffic on the memory that is watched, and can decide which core takes
//! the next step. What it must know comes from here: what to watch, where a phase begins and ends, who
//! wakes whom. This crate needs nothing of the kernel but EL1.
//!
//! A marker is a HINT instruction in the space that the architecture has not allocated, which every core
//! executes as NOP (Arm ARM C6.2 "HINT", C4.1 "Hints"). The plugin finds it by its opcode; it cannot
//! read registers, so arguments are spelled out in two hints for 0 and 1. Without the plugin that is
//! some tens of no-ops at the beginning of a phase; no memory is touched, no branch depends on it.
//! Everything is inlined, so that a marker stands where it was written.
//!
//! ```ignore
//! cachescope_guest::watch("slots", slots.as_ptr_range(), 128); // once it exists
//! cachescope_guest::name(1, "packed");
//! cachescope_guest::cold();                                    // the counts begin without history
//! jobs::run(&|core| {
//!     cachescope_guest::phase(1, cores::count());              // schedules: waits until all are here
//!     ...
//!     cachescope_guest::end();
//! });
//! ```
//!
//! For a schedule, what happens between `phase` and `end` must sleep only by `sleep`, announce each core
//! that it wakes by `wakes`, and not depend on the time. Spinning cores must execute YIELD, WFE or ISB
//! (`core::hint::spin_loop` does).
//!
//! On other architectures there are only the [`markers`], for the plugin.

#![no_std]

pub mod markers;

#[cfg(target_arch = "aarch64")]
mod guest;
#[cfg(target_arch = "aarch64")]
pub use guest::{cold, end, name, phase, phase_to_count, sleep, wakes, watch};
