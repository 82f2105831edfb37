//! Reads a device tree: what machine this is, and which of its memory is free.
//!
//! - [`Machine::read`] turns the bytes of a tree into a [`Machine`], or into one clear line.
//! - [`Layout::plan`] finds room for stacks and heap in the memory that nobody has reserved.
//!
//! Pure functions over bytes, so that the host can test what the kernel boots with. The work is bounded
//! by the size of the tree, nothing is allocated, and no tree makes it panic (`tests/fuzz.rs`).
//!
//! The rules are those of the Devicetree Specification, release v0.4, and where it leaves a choice, those
//! of Linux; each place names its source.

#![no_std]
#![forbid(unsafe_code)]

mod console;
mod cores;
mod error;
mod gic;
mod header;
mod layout;
mod machine;
mod memory;
mod pages;
mod place;
mod ranges;
mod whole;

pub use console::ConsoleNote;
pub use cores::MOST_CORES;
pub use error::Error;
pub use gic::{Gic, MOST_REGIONS};
pub use header::{address, size};
pub use layout::{Layout, Stacks};
pub use machine::{Conduit, Machine, Note};
pub use pages::{ADDRESS_BITS, PAGE};
pub use ranges::Ranges;
