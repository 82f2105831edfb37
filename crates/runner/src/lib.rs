//! Boots a kernel in QEMU, and passes only when its report is whole.
//!
//! - [`options`] reads the command line, [`settings`] the environment; [`architecture`] is what a kernel is for.
//! - [`boot`] runs QEMU and never leaves it behind; [`qemu`] knows QEMU's command line.
//! - [`ktap`] judges the report.
//! - [`process`] runs any other command up to a deadline, [`child`] lets nothing outlive this process.
//! - [`symbols`] says where in the sources an address lies.
//! - [`exit_error`] is how all of them fail: an exit status with one line.
//! - [`output`] prints without waiting for a reader, [`unread`] ends a tool that has none any more.

#[cfg(test)]
mod again;
pub mod architecture;
pub mod boot;
pub mod child;
pub mod exit_error;
pub mod ktap;
pub mod options;
pub mod output;
pub mod process;
pub mod qemu;
pub mod settings;
pub mod symbols;
pub mod unread;
