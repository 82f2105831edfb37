//! The machine that the image runs on, in two lines of the report.

use crate::arch::{cache, time};
use crate::board::console::println;
use crate::board::device_tree;
use rundown::CACHE_LINE;

/// Prints what machine this is.
pub fn print() {
    let machine = device_tree::machine();
    println!(
        "# machine: {} cores, {}, {:?} conduit, {} MiB, counter at {} Hz",
        machine.core_count,
        machine.gic.name(),
        machine.conduit,
        machine.ram.bytes() >> 20,
        time::frequency()
    );
    println!("# lines: slots {} bytes apart, the caches ask for {}", CACHE_LINE, cache::granule());
}
