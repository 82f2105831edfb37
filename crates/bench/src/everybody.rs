//! Everybody on one bench: the limits, our forms, and what others would pick, in one run.
//!
//! Every cost is related to that of the same round's *limit*: what cannot be left out by anybody who counts
//! users on a line of the thread's own.
//!
//! - [`candidate`]: what a candidate is; [`limits`], [`ours`], [`c`] and [`others`] have them.
//! - [`run`]: a run, in which everybody is measured; [`drains`] and [`many`] measure what is more than pairs.
//! - [`results`]: what was measured, and how one thing compares with another.
//! - [`bars`]: what must come out; [`page`]: docs/performance.md, of the tables in [`table`].

pub mod bars;
pub mod c;
pub mod candidate;
pub mod conditions;
pub mod drains;
pub mod effort;
pub mod limits;
pub mod many;
pub mod memory;
pub mod others;
pub mod ours;
pub mod page;
pub mod results;
pub mod run;
pub mod table;
pub mod tables;
