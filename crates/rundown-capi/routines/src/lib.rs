//! The `Ex*` routines of run-down protection, under their own names, for C, and pools of objects.
//!
//! `plain`, `cache_aware`, `pool`, `pooled` and `holders` hold the routines; `include/rundown.h` is generated from
//! them and from `types`. `platform` is what differs between a program (`host`) and a kernel (`kernel`). What a
//! caller gets wrong ends in `misuse`: one message, then the end.
//!
//! Nothing here unwinds: mistakes of callers are values until they are reported, and a panic inside
//! an `extern "C"` function aborts.

#![no_std]
#![allow(non_snake_case, non_camel_case_types, reason = "the names are Windows'")]

#[cfg(feature = "std")]
extern crate std;

pub mod cache_aware;
mod family;
#[cfg(feature = "holders")]
pub mod holders;
#[cfg_attr(feature = "holders", path = "noted.rs")]
#[cfg_attr(not(feature = "holders"), path = "quick.rs")]
mod holds;
#[cfg(feature = "holders")]
mod list;
mod misuse;
pub mod plain;
#[cfg_attr(feature = "std", path = "host.rs")]
#[cfg_attr(not(feature = "std"), path = "kernel.rs")]
mod platform;
pub mod pool;
pub mod pooled;
pub mod types;

#[cfg(not(feature = "std"))]
pub use misuse::die_of_panic;
