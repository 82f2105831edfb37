//! Userspace RCU, flavour "memb", from the system's liburcu, if that is installed.
//!
//! The loop is in C (urcu.c): its users write C, where both functions are inlined. A call of the shared library's
//! functions instead takes about ten times as long, most of which is the way to a variable of the thread.

use crate::everybody::candidate::{Host, Made};

/// Makes it.
#[cfg(liburcu)]
pub fn make(_host: Host) -> Option<Made> {
    unsafe extern "C" {
        safe fn rundown_bench_urcu_pairs(count: u64);
    }
    Some(Made::new(std::ptr::null::<()>, |_, count| rundown_bench_urcu_pairs(count)))
}

/// Makes nothing.
#[cfg(not(liburcu))]
pub fn make(_host: Host) -> Option<Made> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_where_it_is_installed_and_only_there() {
        assert_eq!(make(Host { slots: 1, threads: 1 }).is_some(), cfg!(liburcu));
    }
}
