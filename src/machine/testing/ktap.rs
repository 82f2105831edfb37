//! Results in KTAP version 1 (kernel.org, Documentation/dev-tools/ktap.rst).

use crate::board::console::println;
use crate::board::exit::{self, Status};
use alloc::format;
use alloc::string::String;
use core::fmt;

/// A test's result: `Err` says what was seen instead.
pub type Result = core::result::Result<(), String>;

/// A run of a known number of tests. Only core 0 has one.
#[derive(Debug)]
pub struct Ktap {
    planned: usize,
    done: usize,
    failed: usize,
}

impl Ktap {
    /// Announces `planned` tests.
    pub fn plan(planned: usize) -> Self {
        println!("KTAP version 1");
        println!("1..{planned}");
        Self { planned, done: 0, failed: 0 }
    }

    /// Runs a test and reports it. `name` is a sentence.
    pub fn test(&mut self, name: &str, test: impl FnOnce() -> Result) {
        let result = test();
        self.done += 1;
        match result {
            Ok(()) => println!("ok {} {name}", self.done),
            Err(seen) => {
                self.failed += 1;
                println!("# {seen}");
                println!("not ok {} {name}", self.done);
            }
        }
    }

    /// Reports the verdict and ends QEMU.
    pub fn finish(self) -> ! {
        let status = match self.done == self.planned && self.failed == 0 {
            true => Status::Pass,
            false => Status::Fail,
        };
        if self.done != self.planned {
            println!("# {} tests planned, {} run", self.planned, self.done);
        }
        exit::verdict(status)
    }
}

/// Checks that two values are equal, for use inside a test.
pub fn equal<T: PartialEq + fmt::Debug>(what: impl fmt::Display, seen: T, expected: T) -> Result {
    if seen == expected { Ok(()) } else { Err(format!("{what}: {seen:?} instead of {expected:?}")) }
}

/// Checks that something holds, for use inside a test.
pub fn holds(what: impl fmt::Display, condition: bool) -> Result {
    if condition { Ok(()) } else { Err(format!("does not hold: {what}")) }
}
