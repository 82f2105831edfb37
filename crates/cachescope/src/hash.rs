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

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out apart from this code, byte by byte.
    #[test]
    fn it_is_fnv_1a_of_the_bytes_of_each_word() {
        let of = |words: &[u64]| {
            let mut hash = Hash::default();
            words.iter().for_each(|&word| hash.add(word));
            hash.value()
        };
        assert_eq!(of(&[]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(of(&[1]), 0x89cd_3129_1d2a_efa4);
        assert_eq!(of(&[1, 2]), 0x7717_9803_63c8_e066);
        assert_eq!(of(&[2, 1]), 0x0721_8440_7c3a_4ac6);
        assert_eq!(of(&[0x0123_4567_89ab_cdef]), 0x37eb_3f33_4776_1c55);
    }
}
