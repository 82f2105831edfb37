//! What a round is made of, by the seed and its number.

use crate::random::Random;
use core::fmt;
use rundown::MAX_COUNT;

/// Most cores of a machine that is soaked.
pub const MOST_CORES: usize = 16;
/// Most slots of an object in most rounds, and in one of eight: then a sweep and a reset take long.
const SLOTS: u64 = 2 * MOST_CORES as u64;
const MANY_SLOTS: u64 = 512;
/// Most that the leader does in a round.
const MOST_CYCLES: u64 = 24;

/// A round.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed of the boot.
    pub seed: u64,
    /// The number of the round, from 1.
    pub number: u64,
    /// Slots of the object.
    pub slots: usize,
    /// How many things the leader does.
    pub cycles: u64,
    /// Most holds of one acquire.
    pub most: usize,
    /// Timers call handlers.
    pub timers: bool,
    /// Inter-core interrupts call handlers.
    pub calls: bool,
    /// Cores go and come.
    pub hotplug: bool,
    /// Run-downs are taken back.
    pub resurrect: bool,
    /// Others than the leader begin run-downs and wait for them.
    pub waiters: bool,
}

impl Plan {
    /// Makes the plan of a round.
    pub fn new(seed: u64, number: u64) -> Plan {
        let mut random = Random::new(&[seed, number]);
        let most_slots = if random.one_in(8) { MANY_SLOTS } else { SLOTS };
        let most = [1, 3, 1 << 16, MAX_COUNT][random.below(4) as usize];
        Plan {
            seed,
            number,
            slots: 1 + random.below(most_slots) as usize,
            cycles: 1 + random.below(MOST_CYCLES),
            most,
            timers: random.one_in(2),
            calls: random.one_in(2),
            hotplug: random.one_in(2),
            resurrect: random.one_in(2),
            waiters: random.one_in(2),
        }
    }

    /// Returns the random numbers of one who takes part.
    pub fn random(&self, who: &[u64]) -> Random {
        let mut own = Random::new(&[self.seed, self.number]);
        let own = own.draw();
        Random::new(&[own, Random::new(who).draw()])
    }

    /// Returns whether handlers may hold something while the interrupted code sleeps.
    pub fn interrupts(&self) -> bool {
        self.timers || self.calls
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { slots, cycles, most, .. } = self;
        write!(out, "{slots} slots, {cycles} cycles, counts to {most}")?;
        let parts = [
            (self.timers, "timers"),
            (self.calls, "calls"),
            (self.hotplug, "hotplug"),
            (self.resurrect, "resurrect"),
            (self.waiters, "waiters"),
        ];
        let these = parts.iter().filter(|(wanted, _)| *wanted);
        these.into_iter().try_for_each(|(_, name)| write!(out, ", {name}"))
    }
}
