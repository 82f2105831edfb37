//! Run-down protection without compare-and-swap: an interrupt handler uses what `main` runs down.

#![no_std]
#![no_main]

mod board;
mod handler;

use board::line;
use handler::{PLAIN_USE, SLOTTED_USE, Use};
use rundown::{CurrentSlot, Rundown, RundownRef, StaticRundownRef};

/// The slot of the only core.
pub struct OnlyCore;

impl CurrentSlot for OnlyCore {
    fn current_slot() -> usize {
        0
    }
}

/// One word: the form for a single core.
static PLAIN: RundownRef = RundownRef::new();
/// A slot a core: as code for any number of cores has it.
static SLOTTED: StaticRundownRef<OnlyCore, 1> = StaticRundownRef::new();

/// How often the handler must have been let in.
const TIMES: u32 = 500;

fn main() -> ! {
    line!("KTAP version 1");
    line!("1..8");
    board::start_ticks();
    let mut report = Report { number: 0, passed: true };
    check(&mut report, "plain", &PLAIN, &PLAIN_USE);
    check(&mut report, "slotted", &SLOTTED, &SLOTTED_USE);
    board::end(report.passed);
}

/// What the handler does comes between any two instructions of this. Its deadline is the handler's.
fn check(report: &mut Report, form: &str, object: &impl Rundown, by_handler: &Use) {
    // A step of main's that is not atomic would lose the holds that transfers keep, or bring them back.
    let enough = by_handler.granted() + TIMES;
    let mut own = 0;
    while by_handler.granted() < enough {
        by_handler.want_transfer(true);
        own += u32::from(object.try_acquire().is_ok());
    }
    by_handler.want_transfer(false);
    while by_handler.is_transferring() {}
    let even = object.begin_run_down();
    report.test(own > 0 && even, form, "main and the handler use it, and no hold is left or lost");

    let (granted, refused) = (by_handler.granted(), by_handler.refused());
    while by_handler.refused() < refused + 5 {}
    let refusing = by_handler.granted() == granted && object.try_acquire().is_err();
    report.test(refusing, form, "run down, it refuses the handler and main");

    let again = object.reinitialize().is_ok();
    while by_handler.granted() == granted {}
    report.test(again, form, "re-initialised, it lets the handler in again");

    by_handler.want_transfer(true);
    while !by_handler.is_transferring() {}
    by_handler.want_transfer(false);
    let held = !object.begin_run_down();
    object.wait();
    let over = !by_handler.is_transferring() && object.is_run_down();
    report.test(held && over, form, "a run-down waits for the transfer that the handler ends");
}

struct Report {
    number: u32,
    passed: bool,
}

impl Report {
    fn test(&mut self, good: bool, form: &str, what: &str) {
        self.number += 1;
        self.passed &= good;
        line!("{} {} {form}: {what}", if good { "ok" } else { "not ok" }, self.number);
    }
}
