//! Known bugs of the project, for the tools that must find each of them.
//!
//! - [`catalogue`] lists them: the exact text that each replaces, and who must notice. [`mutant`] says what is
//!   known of one in the primitive, [`elsewhere`] of one in the kernel, in C or in a tool.
//! - [`schemata`] writes a source text that has many of them at once, one of which is chosen when the
//!   program runs. One build then serves all, instead of a build for each.
//! - [`changes`] makes the changed files, with one bug or with all; [`tree`] copies the workspace with them.

mod capi;
pub mod catalogue;
pub mod changes;
pub mod elsewhere;
mod kernel;
pub mod mutant;
mod own;
mod peers;
mod pools;
pub mod replacement;
pub mod schemata;
mod scope;
mod sections;
mod sleep;
mod tools;
pub mod tree;
