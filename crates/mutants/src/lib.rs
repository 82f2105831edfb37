//! Known bugs of the run-down primitive, for the tools that must find each of them.
//!
//! - [`catalogue`] lists them: the exact text that each replaces, and who must notice.
//! - [`schemata`] writes a source text that has many of them at once, one of which is chosen when the
//!   program runs. One build then serves all, instead of a build for each.
//! - [`changes`] makes the changed files, with one bug or with all; [`tree`] copies the workspace with them.

pub mod catalogue;
pub mod changes;
pub mod mutant;
mod own;
mod peers;
pub mod schemata;
pub mod tree;
