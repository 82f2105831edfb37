//! The machine that the image runs on, in three lines of the report.

use crate::arch::{cache, semihosting, time};
use crate::board::console::println;
use crate::board::{device_tree, psci};
use crate::smp::cores;
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
    let apart = cores::slots_apart() * CACHE_LINE;
    println!(
        "# lines: slots at least {apart} bytes apart, the caches ask for {}",
        cache::granule()
    );
    // Among QEMU's accelerators only TCG answers semihosting (QEMU manual, "Semihosting").
    let (end, accelerator) = match semihosting::answers() {
        true => ("semihosting", "tcg"),
        false if psci::is_kvm() => ("PSCI SYSTEM_OFF", "kvm"),
        false => ("PSCI SYSTEM_OFF", "unknown (hvf?)"),
    };
    println!("# ends by {end}, accelerated by {accelerator}");
}
