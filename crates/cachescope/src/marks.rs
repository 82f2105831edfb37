//! What the guest says, without a register or a byte of memory: HINT instructions, no-ops elsewhere.
//!
//! API version 1 shows a plugin neither registers nor memory, so a mark has nothing but its number.
//! Two of them, [`ZERO`] and [`ONE`], spell out arguments bit by bit, the highest first; each of the
//! others ends a sentence and says what its arguments mean. The guest's side, and the numbers, are in
//! the crate `cachescope-guest`.

use cachescope_guest::markers::{ARRIVE, COLD, END, NAME, ONE, PHASE, WAKES, WATCH, ZERO};
use std::ops::Range;

/// Most bits of a sentence.
const MOST_BITS: usize = 4096;

/// A whole sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// See [`PHASE`].
    Phase {
        /// Not 0.
        phase: u16,
        /// 0: not said.
        cores: usize,
    },
    /// See [`END`].
    End,
    /// See [`COLD`].
    Cold,
    /// See [`WATCH`].
    Watch {
        /// What to call it.
        name: String,
        /// Where it is.
        range: Range<u64>,
        /// Bytes of an element, or 0.
        stride: u64,
    },
    /// See [`ARRIVE`].
    Arrive,
    /// See [`WAKES`].
    Wakes(usize),
    /// See [`NAME`].
    Name {
        /// Not 0.
        phase: u16,
        /// What to call it.
        name: String,
    },
}

/// What a core has spelled out so far.
#[derive(Debug, Default)]
pub struct Sentence {
    bits: Vec<bool>,
}

impl Sentence {
    /// Takes the next hint. `None`: the sentence goes on. The error says what the guest does wrong.
    pub fn hint(&mut self, number: u32) -> Result<Option<Mark>, String> {
        let mark = match number {
            ZERO | ONE if self.bits.len() == MOST_BITS => {
                return Err(format!("a mark of more than {MOST_BITS} bits"));
            }
            ZERO | ONE => {
                self.bits.push(number == ONE);
                return Ok(None);
            }
            PHASE => Mark::Phase { phase: self.phase()?, cores: self.number(16)? as usize },
            END => Mark::End,
            COLD => Mark::Cold,
            WATCH => {
                let (stride, end, start) = (self.number(64)?, self.number(64)?, self.number(64)?);
                Mark::Watch { name: self.text()?, range: start..end, stride }
            }
            ARRIVE => Mark::Arrive,
            WAKES => Mark::Wakes(self.number(16)? as usize),
            NAME => Mark::Name { phase: self.phase()?, name: self.text()? },
            _ => return Err(format!("HINT #{number:#x} is no mark")),
        };
        match self.bits.len() {
            0 => Ok(Some(mark)),
            more => Err(format!("HINT #{number:#x} with {more} bits too many")),
        }
    }

    /// Takes the last `bits` bits.
    fn number(&mut self, bits: usize) -> Result<u64, String> {
        let Some(start) = self.bits.len().checked_sub(bits) else {
            return Err(format!("a mark with {} of {bits} bits", self.bits.len()));
        };
        Ok(self.bits.drain(start..).fold(0, |number, bit| number << 1 | u64::from(bit)))
    }

    fn phase(&mut self) -> Result<u16, String> {
        match self.number(16)? as u16 {
            0 => Err("phase 0 is what lies outside of phases".into()),
            phase => Ok(phase),
        }
    }

    /// Takes all that is left.
    fn text(&mut self) -> Result<String, String> {
        let bytes = self.bits.len() / 8;
        let bytes: Result<Vec<u8>, _> = (0..bytes).map(|_| Ok(self.number(8)? as u8)).collect();
        let mut bytes = bytes.map_err(|error: String| error)?;
        bytes.reverse();
        String::from_utf8(bytes).map_err(|_| "a name that is not UTF-8".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the guest does it.
    fn spell(sentence: &mut Sentence, number: u64, bits: u32) {
        for bit in (0..bits).rev() {
            let hint = if number >> bit & 1 == 1 { ONE } else { ZERO };
            assert_eq!(sentence.hint(hint), Ok(None));
        }
    }

    #[test]
    fn understands_what_the_guest_spells() {
        let mut sentence = Sentence::default();
        spell(&mut sentence, 64, 16);
        spell(&mut sentence, 7, 16);
        assert_eq!(sentence.hint(PHASE), Ok(Some(Mark::Phase { phase: 7, cores: 64 })));
        assert_eq!(sentence.hint(END), Ok(Some(Mark::End)));
        "slots".bytes().for_each(|byte| spell(&mut sentence, u64::from(byte), 8));
        for number in [0x4020_0000, 0x4020_0400, 0x80] {
            spell(&mut sentence, number, 64);
        }
        let range = 0x4020_0000..0x4020_0400;
        let watch = Mark::Watch { name: "slots".into(), range, stride: 0x80 };
        assert_eq!(sentence.hint(WATCH), Ok(Some(watch)));
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        assert!(Sentence::default().hint(PHASE).is_err());
        let mut sentence = Sentence::default();
        spell(&mut sentence, 1, 1);
        assert_eq!(sentence.hint(END), Err("HINT #0x61 with 1 bits too many".into()));
        let mut sentence = Sentence::default();
        spell(&mut sentence, 0, 32);
        assert!(sentence.hint(PHASE).unwrap_err().starts_with("phase 0"));
    }
}
