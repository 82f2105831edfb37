//! What the project's tools for the host share.
//!
//! - [`cargo`] has cargo build a kernel image, the plugin or a tool, and says where it is.
//! - [`measure`] reads the `# measure` lines of a report.
//! - [`option`] writes a path into an option of QEMU.
//! - [`usage`] reads a command line.

pub mod cargo;
pub mod measure;
pub mod option;
pub mod usage;
