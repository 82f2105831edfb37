//! Boots a kernel in QEMU, and passes only when its report is whole.
//!
//! - [`boot`] runs QEMU and never leaves it behind; [`settings`] checks the environment first.
//! - [`ktap`] judges the report; [`qemu`] knows QEMU's command line.
//! - [`process`] runs any other command up to a deadline; the project's other tools use it, too.
//! - [`exit_error`] is how all of them fail: an exit status with one line.

pub mod boot;
pub mod child;
pub mod exit_error;
pub mod image;
pub mod ktap;
pub mod process;
pub mod qemu;
pub mod settings;
