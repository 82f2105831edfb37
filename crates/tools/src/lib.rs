//! What the project's tools for the host share.
//!
//! - [`cargo`] has cargo build a kernel image, the plugin or a tool, and says where it is.
//! - [`host`] names the computer.
//! - [`image`] chooses one of the mutants that a kernel has.
//! - [`lock`] lets one run of a script a checkout.
//! - [`measure`] reads the `# measure` lines of a report.
//! - [`nameless`] is a file that a command writes and of which nothing is left.
//! - [`option`] writes a path into an option of QEMU.
//! - [`script`] writes a script that can be started at once.
//! - [`usage`] reads a command line.

pub mod cargo;
pub mod host;
pub mod image;
pub mod lock;
pub mod measure;
pub mod nameless;
pub mod option;
pub mod script;
pub mod usage;
