//! What is counted, on each core.

use core::sync::atomic::{AtomicU64, Ordering};

/// Makes the list of what is counted, with the names that the report has for it.
macro_rules! counts {
    ($($(#[$about:meta])* $what:ident $name:literal,)*) => {
        /// What is counted.
        #[derive(Clone, Copy, Debug)]
        pub enum What {
            $($(#[$about])* $what,)*
        }

        /// Everything that is counted, with its name.
        pub const ALL: &[(What, &str)] = &[$((What::$what, $name),)*];
    };
}

counts! {
    /// Acquires that were granted, in handlers and outside.
    Granted "granted",
    /// Holds that were released, likewise.
    Released "released",
    /// Acquires that were refused.
    Refused "refused",
    /// Acquires granted to a handler while the interrupted code held the object.
    Between "between",
    /// Interrupts inside an acquire.
    InAcquire "in_acquire",
    /// Interrupts inside a release.
    InRelease "in_release",
    /// Interrupts by the timer.
    Timer "timer",
    /// Interrupts by a core.
    Core "core",
    /// Interrupts inside a handler.
    Nested "nested",
    /// Holds that a handler took, released by a later one.
    Later "later",
    /// Holds that a handler took, released on another core.
    Elsewhere "elsewhere",
    /// Drains that a handler began.
    Drains "drains",
    /// Looks at the protected object that found it poisoned.
    PoisonSeen "poison_seen",
}

/// The counts of one core. Handlers interrupt each other while they count, so each addition is atomic.
#[derive(Debug, Default)]
pub struct Counts([AtomicU64; ALL.len()]);

impl Counts {
    /// Adds to a count.
    pub fn add(&self, what: What, number: u64) {
        self.0[what as usize].fetch_add(number, Ordering::Relaxed);
    }

    /// Returns a count.
    pub fn of(&self, what: What) -> u64 {
        self.0[what as usize].load(Ordering::Relaxed)
    }
}
