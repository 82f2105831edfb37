//! Who runs next: the random numbers of a seed, and priorities with few change points.
//!
//! Both schedulers use it: the kernel's own (examples/scenarios) and the plugin's (crates/cachescope).
//! docs/guide/schedules.md explains what it is good for.

#![no_std]

mod priorities;
mod random;

pub use priorities::{DEEPEST, Priorities};
pub use random::Random;
