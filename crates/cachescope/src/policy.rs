//! How the core that takes the next step is chosen.

use crate::directory::MAX_CORES;
use pct::{Priorities, Random};

/// How the next core is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// One after the other.
    RoundRobin,
    /// Each core that can, with the same probability, from a seed.
    Random(u64),
    /// The core with the highest priority, see [`Priorities`].
    Pct {
        /// Draws the priorities and the change points.
        seed: u64,
        /// Of the bugs to look for; 0: drawn as well.
        depth: usize,
        /// Steps that a run takes, about.
        length: u64,
    },
}

/// A policy and its state.
#[derive(Clone, Debug)]
pub enum Chooser {
    /// The core chosen last.
    RoundRobin(Option<usize>),
    /// The numbers of the seed.
    Random(Random),
    /// The cores in their order.
    Pct(Box<Priorities<MAX_CORES>>),
}

impl Chooser {
    /// Returns a chooser for `cores` cores that has chosen nobody yet.
    pub fn new(policy: Policy, cores: usize) -> Self {
        match policy {
            Policy::RoundRobin => Self::RoundRobin(None),
            Policy::Random(seed) => Self::Random(Random::new(seed)),
            Policy::Pct { seed, depth, length } => {
                Self::Pct(Box::new(Priorities::new(seed, cores, depth, length)))
            }
        }
    }

    /// Returns one of `ready`, which are in ascending order, or `None` if there are none.
    pub fn choose(&mut self, ready: &[usize]) -> Option<usize> {
        let &first = ready.first()?;
        match self {
            Self::RoundRobin(last) => {
                let above = |&&core: &&usize| last.is_some_and(|last| core > last);
                *last = Some(ready.iter().find(above).copied().unwrap_or(first));
                *last
            }
            Self::Random(random) => Some(ready[random.below(ready.len() as u64) as usize]),
            Self::Pct(priorities) => priorities.choose(|core| ready.binary_search(&core).is_ok()),
        }
    }

    /// Takes note of a step that `core` has made.
    pub fn step(&mut self, core: usize) {
        if let Self::Pct(priorities) = self {
            priorities.step(core);
        }
    }

    /// Takes note that `core` waits without sleeping.
    pub fn spin(&mut self, core: usize) {
        if let Self::Pct(priorities) = self {
            priorities.give_way(core);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [usize; 3] = [0, 1, 2];

    #[test]
    fn round_robin_goes_round() {
        let mut chooser = Chooser::new(Policy::RoundRobin, 4);
        let chosen: Vec<_> = (0..5).filter_map(|_| chooser.choose(&[0, 2, 3])).collect();
        assert_eq!(chosen, [0, 2, 3, 0, 2]);
        assert_eq!(chooser.choose(&[0, 1]), Some(0), "2 was last, nobody is above");
        assert_eq!(chooser.choose(&[]), None);
    }

    #[test]
    fn random_repeats_with_its_seed_and_is_fair() {
        let run = |seed| {
            let mut chooser = Chooser::new(Policy::Random(seed), 3);
            (0..30_000).filter_map(|_| chooser.choose(&ALL)).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        for core in 0..3 {
            let times = run(7).iter().filter(|&&chosen| chosen == core).count();
            assert!((9_500..10_500).contains(&times), "core {core} was chosen {times} times");
        }
    }

    fn pct(seed: u64, depth: usize, length: u64) -> Chooser {
        Chooser::new(Policy::Pct { seed, depth, length }, 3)
    }

    #[test]
    fn priorities_choose_the_same_core_until_a_step_makes_it_fall() {
        let mut chooser = pct(1, 2, 1); // the only step of the run is the change point
        let first = chooser.choose(&ALL).unwrap();
        assert_eq!(chooser.choose(&ALL), Some(first));
        chooser.step(first);
        let second = chooser.choose(&ALL).unwrap();
        assert_ne!(second, first);
        let third = 3 - first - second;
        assert_eq!(chooser.choose(&[first.min(third), first.max(third)]), Some(third));
        assert_eq!(chooser.choose(&[first]), Some(first), "nobody else can");
        assert_eq!(chooser.choose(&[]), None);
    }

    #[test]
    fn priorities_let_nobody_spin_who_is_waited_for() {
        let mut chooser = pct(1, 1, 1000);
        let order: Vec<_> = (0..6)
            .map(|_| {
                let core = chooser.choose(&ALL).unwrap();
                chooser.spin(core);
                core
            })
            .collect();
        assert_eq!(order[..3], order[3..], "one after the other");
        let mut cores = order[..3].to_vec();
        cores.sort_unstable();
        assert_eq!(cores, ALL);
    }
}
