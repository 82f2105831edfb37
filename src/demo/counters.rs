//! What each core counts in a round.

use core::sync::atomic::{AtomicU64, Ordering};

/// A core's counters, on its own cache line. Written by that core alone.
#[derive(Debug, Default)]
pub struct Counters {
    granted: AtomicU64,
    released: AtomicU64,
    refused: AtomicU64,
    given: AtomicU64,
    received: AtomicU64,
    poison_seen: AtomicU64,
}

/// What a core's counters said at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Acquires that were granted.
    pub granted: u64,
    /// Releases made on this core.
    pub released: u64,
    /// Acquires that were refused.
    pub refused: u64,
    /// Guards handed to the next core, which released them.
    pub given: u64,
    /// Guards taken over from another core and released here: they have migrated.
    pub received: u64,
    /// Looks at the protected object that found it poisoned.
    pub poison_seen: u64,
}

impl Counters {
    fn parts(&self) -> [&AtomicU64; 6] {
        let Self { granted, released, refused, given, received, poison_seen } = self;
        [granted, released, refused, given, received, poison_seen]
    }

    /// Stores a core's counts. For that core alone.
    pub fn write(&self, counts: &Counts) {
        let Counts { granted, released, refused, given, received, poison_seen } = *counts;
        for (part, value) in
            self.parts().into_iter().zip([granted, released, refused, given, received, poison_seen])
        {
            part.store(value, Ordering::Relaxed);
        }
    }

    /// Returns a core's counts.
    pub fn read(&self) -> Counts {
        let [granted, released, refused, given, received, poison_seen] =
            self.parts().map(|part| part.load(Ordering::Relaxed));
        Counts { granted, released, refused, given, received, poison_seen }
    }
}
