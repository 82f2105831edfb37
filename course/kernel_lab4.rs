//! The kernel of lab 4: has the lines of the counter in lab4.rs counted.

#![no_std]
#![no_main]

mod harness;
mod lab4;

use core::fmt::Display;
use machine::testing::measure::Text;

machine::kernel!(main);

fn main() -> ! {
    let [two, four, eight] = &lab4::PREDICTED;
    let facts: [(&str, &dyn Display); 4] =
        [("counter", &Text(lab4::NAME)), ("2", two), ("4", four), ("8", eight)];
    harness::run(&lab4::COUNTER, &facts)
}
