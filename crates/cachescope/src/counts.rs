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
