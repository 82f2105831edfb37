//! What has happened, counted by each core for itself, and summed up.

use core::sync::atomic::{AtomicU64, Ordering};
use machine::testing::measure;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Rounds that were right.
    Rounds,
    /// Acquires that were granted.
    Acquires,
    /// Of these, those of handlers.
    ByHandlers,
    /// Holds that they have taken. May overflow: only its difference to `Released` means something.
    Taken,
    /// Holds that were released.
    Released,
    /// Acquires that were refused because of a run-down.
    Refusals,
    /// Releases of what another core had acquired.
    Migrations,
    /// Run-downs that the leader has waited for.
    Drains,
    /// Waits of others that have seen the end of a run-down.
    Waits,
    /// Waits that have given up at their deadline.
    TimeOuts,
    /// Run-downs that were taken back.
    Resurrected,
    /// Values that were taken out of their place, and another put in.
    Replaced,
    /// Cores that went off.
    Offs,
    /// Cores that came again.
    Ons,
    /// Interrupts taken.
    Interrupts,
}

/// Names for tools. What stands only for a check has none.
const NAMES: [(What, &str); 13] = [
    (What::Rounds, "rounds"),
    (What::Acquires, "acquires"),
    (What::ByHandlers, "by_handlers"),
    (What::Refusals, "refusals"),
    (What::Migrations, "migrations"),
    (What::Drains, "drains"),
    (What::Waits, "waits"),
    (What::TimeOuts, "time_outs"),
    (What::Resurrected, "resurrected"),
    (What::Replaced, "replaced"),
    (What::Offs, "offs"),
    (What::Ons, "ons"),
    (What::Interrupts, "interrupts"),
];

const KINDS: usize = What::Interrupts as usize + 1;

/// The counts of one core, or of all; on cache lines of its own.
#[repr(align(128))]
#[derive(Debug)]
pub struct Counts([AtomicU64; KINDS]);

impl Counts {
    /// Returns counts that are all 0.
    pub const fn new() -> Counts {
        Counts([const { AtomicU64::new(0) }; KINDS])
    }

    /// Adds to a count.
    pub fn add(&self, what: What, count: u64) {
        // Relaxed: only its sum is read, after all are done. One step, as a handler counts here, too.
        self.0[what as usize].fetch_add(count, Ordering::Relaxed);
    }

    /// Returns a count.
    pub fn get(&self, what: What) -> u64 {
        self.0[what as usize].load(Ordering::Relaxed)
    }

    /// Adds all counts of another.
    pub fn add_all(&self, other: &Counts) {
        for (sum, count) in self.0.iter().zip(&other.0) {
            sum.fetch_add(count.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Prints them for tools.
    pub fn print(&self, seed: u64) {
        let values = NAMES.map(|(what, name)| (name, self.get(what)));
        let mut fields = alloc::vec::Vec::<(&str, &dyn core::fmt::Display)>::new();
        fields.push(("seed", &seed));
        fields.extend(values.iter().map(|(name, value)| (*name, value as &dyn core::fmt::Display)));
        measure::print("soak", &fields);
    }
}
