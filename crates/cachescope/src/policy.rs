//! How the core that takes the next step is chosen.

/// How the next core is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// One after the other.
    RoundRobin,
    /// Each core that can, with the same probability, from a seed.
    Random(u64),
}

/// A policy and its state.
#[derive(Clone, Debug)]
pub struct Chooser {
    policy: Policy,
    /// Round robin: the core chosen last. Random: the generator's state.
    state: u64,
}

impl Chooser {
    /// Returns a chooser that has chosen nobody yet.
    pub fn new(policy: Policy) -> Self {
        let state = match policy {
            Policy::RoundRobin => u64::MAX,
            Policy::Random(seed) => seed,
        };
        Self { policy, state }
    }

    /// Returns one of `ready`, which are in ascending order, or `None` if there are none.
    pub fn choose(&mut self, ready: &[usize]) -> Option<usize> {
        let &first = ready.first()?;
        Some(match self.policy {
            Policy::RoundRobin => {
                let last = self.state;
                let next =
                    ready.iter().copied().find(|&core| last != u64::MAX && core as u64 > last);
                let next = next.unwrap_or(first);
                self.state = next as u64;
                next
            }
            Policy::Random(_) => ready[(self.random() % ready.len() as u64) as usize],
        })
    }

    /// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_robin_goes_round() {
        let mut chooser = Chooser::new(Policy::RoundRobin);
        let chosen: Vec<_> = (0..5).filter_map(|_| chooser.choose(&[0, 2, 3])).collect();
        assert_eq!(chosen, [0, 2, 3, 0, 2]);
        assert_eq!(chooser.choose(&[0, 1]), Some(0), "2 was last, nobody is above");
        assert_eq!(chooser.choose(&[]), None);
    }

    #[test]
    fn random_repeats_with_its_seed_and_is_fair() {
        let run = |seed| {
            let mut chooser = Chooser::new(Policy::Random(seed));
            (0..30_000).filter_map(|_| chooser.choose(&[0, 1, 2])).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        for core in 0..3 {
            let times = run(7).iter().filter(|&&chosen| chosen == core).count();
            assert!((9_500..10_500).contains(&times), "core {core} was chosen {times} times");
        }
    }

    #[test]
    fn random_is_the_published_generator() {
        // From the reference implementation, seed 1234567.
        let mut chooser = Chooser::new(Policy::Random(1_234_567));
        assert_eq!(chooser.random(), 6_457_827_717_110_365_317);
        assert_eq!(chooser.random(), 3_203_168_211_198_807_973);
    }
}
