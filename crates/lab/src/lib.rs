//! The host side of the run-down demo: boots the kernel and judges what it says.
//!
//! - [`boot`] runs QEMU and never leaves it behind; [`settings`] checks the environment first.
//! - [`ktap`] judges the report, [`measure`] collects the measurements in it.
//! - [`explore`] runs small races under seeded schedules.
//! - [`figures`] measures and draws what caches do; [`build`] has cargo build what all these boot.
//! - [`usage`] reads the command lines of those two.
//! - [`suite`] is `lab test`: its table holds everything that is tested.

pub mod boot;
pub mod build;
pub mod explore;
pub mod figures;
pub mod image;
pub mod ktap;
pub mod measure;
pub mod qemu;
pub mod settings;
pub mod stop;
pub mod suite;
pub mod usage;
