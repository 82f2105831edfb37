//! A hash of 64-bit words that is the same on every host.

/// FNV-1a (Fowler, Noll, Vo) with 64 bits, over the bytes of 64-bit words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    /// Adds one more word.
    pub fn add(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    /// Returns the hash of all words so far.
    pub fn value(self) -> u64 {
        self.0
    }
}
