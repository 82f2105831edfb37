//! What is counted, and for whom.

use crate::directory::{Access, Traffic};
use std::ops::AddAssign;

/// Accesses and the traffic that they caused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Loads that are not part of an atomic.
    pub loads: u64,
    /// Stores that are not part of an atomic.
    pub stores: u64,
    /// Atomic read-modify-writes, and load-exclusives, whether or not their store succeeds.
    pub atomics: u64,
    /// See [`Traffic::cold`].
    pub cold: u64,
    /// See [`Traffic::transfer`].
    pub transfers: u64,
    /// See [`Traffic::upgrade`].
    pub upgrades: u64,
    /// See [`Traffic::invalidations`].
    pub invalidations: u64,
}

impl Counts {
    /// Counts an access.
    pub fn access(&mut self, access: Access) {
        match access {
            Access::Load => self.loads += 1,
            Access::Store => self.stores += 1,
            Access::Atomic => self.atomics += 1,
        }
    }

    /// Counts the traffic that an access caused.
    pub fn traffic(&mut self, traffic: Traffic) {
        self.cold += u64::from(traffic.cold);
        self.transfers += u64::from(traffic.transfer);
        self.upgrades += u64::from(traffic.upgrade);
        self.invalidations += u64::from(traffic.invalidations);
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.loads += other.loads;
        self.stores += other.stores;
        self.atomics += other.atomics;
        self.cold += other.cold;
        self.transfers += other.transfers;
        self.upgrades += other.upgrades;
        self.invalidations += other.invalidations;
    }
}

/// The counts of one line in one phase, by core.
#[derive(Debug)]
pub struct PhaseCounts {
    /// The phase; 0 is outside of any.
    pub phase: u16,
    /// What lay on the line when it was first used in the phase.
    pub name: String,
    /// 1 + a core's position in `counts`, or 0.
    position: Box<[u16]>,
    counts: Vec<(usize, Counts)>,
}

impl PhaseCounts {
    /// Returns counts for `cores` cores, all zero.
    pub fn new(phase: u16, name: String, cores: usize) -> Self {
        Self { phase, name, position: vec![0; cores].into(), counts: Vec::new() }
    }

    /// Returns the counts of one core.
    pub fn of(&mut self, core: usize) -> &mut Counts {
        if self.position[core] == 0 {
            self.counts.push((core, Counts::default()));
            self.position[core] = self.counts.len() as u16;
        }
        &mut self.counts[usize::from(self.position[core]) - 1].1
    }

    /// Returns the cores that used the line, each with its counts.
    pub fn iter(&self) -> impl Iterator<Item = &(usize, Counts)> {
        self.counts.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_access_and_each_traffic_has_its_own_count() {
        let mut counts = Counts::default();
        (0..3).for_each(|_| counts.access(Access::Load));
        (0..2).for_each(|_| counts.access(Access::Store));
        counts.access(Access::Atomic);
        let traffic = Traffic::default();
        counts.traffic(traffic);
        counts.traffic(Traffic { cold: true, ..traffic });
        (0..2).for_each(|_| counts.traffic(Traffic { transfer: true, ..traffic }));
        (0..3).for_each(|_| counts.traffic(Traffic { upgrade: true, ..traffic }));
        (0..2).for_each(|_| counts.traffic(Traffic { invalidations: 7, ..traffic }));
        let wanted = Counts {
            loads: 3,
            stores: 2,
            atomics: 1,
            cold: 1,
            transfers: 2,
            upgrades: 3,
            invalidations: 14,
        };
        assert_eq!(counts, wanted);
    }

    #[test]
    fn a_sum_adds_every_count() {
        let counts = |unit| Counts {
            loads: unit,
            stores: 2 * unit,
            atomics: 3 * unit,
            cold: 4 * unit,
            transfers: 5 * unit,
            upgrades: 6 * unit,
            invalidations: 7 * unit,
        };
        let mut sum = counts(1);
        sum += counts(10);
        assert_eq!(sum, counts(11));
    }

    #[test]
    fn each_core_has_its_own_counts() {
        let mut phase = PhaseCounts::new(3, "x".into(), 4);
        phase.of(3).loads += 1;
        phase.of(0).loads += 5;
        phase.of(3).loads += 1;
        let of: Vec<_> = phase.iter().map(|&(core, counts)| (core, counts.loads)).collect();
        assert_eq!(of, [(3, 2), (0, 5)]);
    }
}
