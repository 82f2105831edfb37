//! Random numbers that a few numbers decide: the seed, the round, the core.

/// A stream of them.
pub struct Random(pct::Random);

impl Random {
    /// Starts the stream of these numbers, in their order.
    pub fn new(parts: &[u64]) -> Random {
        let mixed = parts.iter().fold(0, |state, part| pct::Random::new(state ^ part).draw());
        Random(pct::Random::new(mixed))
    }

    /// Returns the next number.
    pub fn draw(&mut self) -> u64 {
        self.0.draw()
    }

    /// Returns a number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.below(end)
    }

    /// Returns true one time in `times`.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}
