//! Run-down protection in a kernel for RISC-V: README.md says how to port it to another one.
//!
//! - `slot.rs`: which hart this is, and so which slot it uses.
//! - `park.rs`: waiting asleep, and who is woken.
//! - `start.rs`: all harts come to `main`, and meet.
//! - `checks.rs`: what they do there. `report.rs`: what came of it.

#![no_std]
#![no_main]

mod checks;
mod park;
mod report;
mod slot;
mod start;

use checks::TESTS;
use report::println;

/// Every hart comes here, with interrupts masked. `device_tree`: its address on the first one, 0 on the others.
#[riscv_rt::entry]
fn main(hart: usize, device_tree: usize) -> ! {
    slot::set_index(hart);
    park::start();
    if device_tree != 0 {
        start::others();
        println!("KTAP version 1\n1..{}", TESTS.len());
        println!("# {} harts, of which {hart} leads", start::count());
    }
    let leads = hart == start::leader();
    let mut well = true;
    for (number, (name, run, check)) in (1..).zip(TESTS) {
        start::meet();
        run(hart);
        start::meet();
        if leads {
            let result = check();
            well &= result.is_ok();
            if let Err(wrong) = &result {
                println!("# {}: {} instead of {}", wrong.what, wrong.seen, wrong.wanted);
            }
            println!("{} {number} {name}", if result.is_ok() { "ok" } else { "not ok" });
        }
    }
    if leads {
        println!("# {} times a hart was woken by another", park::wake_ups());
        report::end(well)
    }
    loop {
        riscv::asm::wfi();
    }
}
