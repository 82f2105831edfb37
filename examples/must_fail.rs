//! t
#![no_std]
#![no_main]
machine::kernel!(main);
fn main() -> ! {
    machine::cores::start_all(None);
    machine::println!("hi {}", machine::cores::count());
    machine::exit::exit(machine::exit::Status::Pass)
}
