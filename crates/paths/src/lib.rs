//! The hot functions of run-down protection, each compiled by itself.
//!
//! Nothing is inlined into a caller, so a function has a symbol, a first instruction and a `ret`, and what a
//! call of it takes can be counted to the instruction. `main.rs` calls them in a program, for valgrind;
//! `examples/paths.rs` in the kernel, under QEMU. docs/instructions.md has the counts.
//!
//! To count another kind of object, add its line to `fixed.rs`, or to [`paths!`] in `main.rs` and in the
//! example if it asks the platform for a slot.

#![no_std]

#[doc(hidden)]
pub extern crate alloc;

#[macro_use]
mod make;

mod call;
mod fixed;
mod known;
mod path;
mod routines;

use alloc::vec::Vec;

pub use call::Call;
pub use known::{Known, acquire, release};
pub use path::Path;
/// What C's routines ask a kernel for, under the name `rundown_platform`.
pub use rundown_capi_routines::types::RUNDOWN_PLATFORM as Platform;

/// Returns the paths that are the same on every platform: with a constant slot, and C's.
pub fn common() -> Vec<Path> {
    [fixed::paths(), fixed::more(), routines::paths()].concat()
}
