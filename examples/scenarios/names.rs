//! The names of the scenarios, once: the kernel and crates/explore both include this file.

pub const DRAIN: &str = "drain";
pub const PLAIN: &str = "plain";
pub const MIGRATE: &str = "migrate";
pub const WAITERS: &str = "waiters";
pub const REINITIALIZE: &str = "reinitialize";
pub const FREE: &str = "free";
pub const RESURRECT: &str = "resurrect";
pub const EXTRA: &str = "extra";
pub const COUNTER: &str = "counter";
