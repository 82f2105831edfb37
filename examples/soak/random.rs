//! Random numbers that a few numbers decide: the seed, the round, the core.

/// A stream of them (SplitMix64, Steele et al. 2014: good for any seed, also 0).
pub struct Random(u64);

impl Random {
    /// Starts the stream of these numbers, in their order.
    pub fn new(parts: &[u64]) -> Random {
        let mixed = parts.iter().fold(0, |state, part| Random(state ^ part).draw());
        Random(mixed)
    }

    /// Returns the next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Returns a number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.draw() % end
    }

    /// Returns true one time in `times`.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}
