//! The random numbers of a seed.

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): good for any seed,
/// also 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Random(u64);

impl Random {
    /// Starts the numbers of `seed`.
    pub const fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// Returns the next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Returns a number below `end`, which is not 0; for small ones each with the same chance.
    pub fn below(&mut self, end: u64) -> u64 {
        self.draw() % end
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn it_is_the_published_generator() {
        // From the reference implementation, seed 1234567.
        let mut random = Random::new(1_234_567);
        for number in [6_457_827_717_110_365_317, 3_203_168_211_198_807_973] {
            assert_eq!(random.draw(), number);
        }
    }

    #[test]
    fn numbers_below_an_end_come_equally_often() {
        let mut random = Random::new(7);
        let mut times = [0; 3];
        (0..30_000).for_each(|_| times[random.below(3) as usize] += 1);
        assert!(times.iter().all(|times| (9_500..10_500).contains(times)), "{times:?}");
    }
}
