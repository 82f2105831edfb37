//! The kernel of lab 2: has the lines of the counter in lab2.rs counted.

#![no_std]
#![no_main]

mod harness;
mod lab2;

machine::kernel!(main);

fn main() -> ! {
    harness::run(&lab2::COUNTER, &[])
}
