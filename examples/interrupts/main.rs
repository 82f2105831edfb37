//! Interrupts in the middle: handlers use the very object that the interrupted code is acquiring.
//!
//! ```sh
//! cargo run --release --example interrupts
//! QEMU_EXTRA='-append acquires=20000000' cargo run --release --example interrupts
//! QEMU_CPU=max,cntfrq=62500000 QEMU_ACCEL=tcg,thread=single QEMU_EXTRA='-icount shift=4,sleep=off' \
//!     cargo run --release --example interrupts
//! ```
//!
//! On every core, code acquires and releases one object, and its timer and the core before it interrupt it as
//! often as they can. The handlers acquire and release the same object (64 times each), keep holds that a
//! later handler or another core releases, interrupt each other, and begin the drain. `-append acquires=N`
//! says how often handlers must acquire between an acquire of the interrupted code and its release (1,000,000).
//! Whether an interrupt came inside an acquire or a release itself is told by the address that it returns to.
//!
//! The last of the three counts instructions: only then does QEMU interrupt between any two of them, and not
//! just between blocks without a branch.

#![no_std]
#![no_main]

extern crate alloc;

mod counts;
mod handler;
mod places;
mod round;
mod shared;

use alloc::format;
use alloc::vec::Vec;
use core::fmt;
use counts::What;
use machine::board::console::println;
use machine::board::device_tree;
use machine::board::exit::{self, Status};
use machine::smp::{cores, start};
use machine::testing::ktap::{self, Ktap, equal, holds};
use machine::testing::{environment, measure};
use machine::traps::interrupts;
use rundown::CacheLine;

machine::kernel!(main);

/// Drains, each after its part of the acquires.
const ROUNDS: u64 = 20;
/// Handlers' acquires between an acquire and its release, unless the arguments say otherwise.
const ACQUIRES: u64 = 1_000_000;
/// Interrupts that must come inside an acquire or a release, and inside a handler.
const INSIDE: u64 = 1_000;

fn main() -> ! {
    let wanted = device_tree::machine().argument("acquires").map_or(Ok(ACQUIRES), str::parse);
    let Ok(acquires) = wanted else {
        println!("# -append acquires= takes a number");
        exit::exit(Status::Fail)
    };
    let mut ktap = Ktap::plan(8);
    environment::print();
    start::start_all(None);
    interrupts::set_handler(handler::core);
    ktap.test("drains begin in handlers, and end", || drains(acquires));
    let shared = shared::shared();
    let sum = |what| shared.sum(what);
    ktap.test("handlers acquire between an acquire and its release", || {
        at_least("acquires", sum(What::Between), acquires)
    });
    ktap.test("interrupts come inside acquire and release themselves", || {
        at_least("inside", sum(What::InAcquire) + sum(What::InRelease), INSIDE)?;
        at_least("inside acquire", sum(What::InAcquire), INSIDE / 100)?;
        at_least("inside release", sum(What::InRelease), INSIDE / 100)
    });
    ktap.test("handlers interrupt handlers", || at_least("nested", sum(What::Nested), INSIDE));
    ktap.test("timer and cores interrupt every core", interrupted);
    ktap.test("holds of a handler are released by others", || {
        at_least("later", sum(What::Later), INSIDE)?;
        let others = if cores::count() > 1 { INSIDE } else { 0 };
        at_least("on another core", sum(What::Elsewhere), others)
    });
    ktap.test("granted = released", || equal("released", sum(What::Released), sum(What::Granted)));
    ktap.test("no holder ever saw the poison", || equal("looks", sum(What::PoisonSeen), 0));
    report();
    ktap.finish()
}

fn at_least(what: &str, seen: u64, floor: u64) -> ktap::Result {
    holds(format!("{what}: {seen}, at least {floor}"), seen >= floor)
}

fn drains(acquires: u64) -> ktap::Result {
    (0..ROUNDS).try_for_each(|_| round::run(acquires.div_ceil(ROUNDS)))?;
    equal("drains that handlers began", shared::shared().sum(What::Drains), ROUNDS)
}

fn interrupted() -> ktap::Result {
    for (core, CacheLine(own)) in shared::shared().cores.iter().enumerate() {
        for what in [What::Timer, What::Core] {
            at_least(&format!("core {core}, {what:?}"), own.counts.of(what), 1)?;
        }
    }
    Ok(())
}

/// Prints the sums for tools.
fn report() {
    let sums: Vec<(&str, u64)> =
        counts::ALL.iter().map(|&(what, name)| (name, shared::shared().sum(what))).collect();
    let cores = cores::count();
    let mut fields: Vec<(&str, &dyn fmt::Display)> =
        alloc::vec![("cores", &cores), ("rounds", &ROUNDS)];
    fields.extend(sums.iter().map(|(name, sum)| (*name, sum as &dyn fmt::Display)));
    measure::print("interrupts", &fields);
}
