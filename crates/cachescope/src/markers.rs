//! Markers: what the guest tells the plugin, in HINT instructions.
//!
//! API version 1 shows a plugin neither registers nor memory, so an instruction can pass nothing but its
//! own number. Two of the numbers, [`ZERO`] and [`ONE`], pass the bits of arguments, the highest bit
//! first. Each of the others ends a marker, and says what the bits before it mean. The numbers and
//! the guest's side are in the crate `cachescope-guest`.

use cachescope_guest::markers::{ARRIVE, COLD, END, NAME, ONE, PHASE, WAKES, WATCH, ZERO};
use std::ops::Range;

/// Most bits of the arguments of one marker.
const MOST_BITS: usize = 4096;

/// A marker with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marker {
    /// See [`PHASE`].
    Phase {
        /// Not 0.
        phase: u16,
        /// 0 if not given.
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

/// Puts the hints of one core together to markers.
#[derive(Debug, Default)]
pub struct Decoder {
    bits: Vec<bool>,
}

impl Decoder {
    /// Takes the next hint. Returns the marker that it ends, if it does. The error says what the guest does
    /// wrong.
    pub fn hint(&mut self, number: u32) -> Result<Option<Marker>, String> {
        let marker = match number {
            ZERO | ONE if self.bits.len() == MOST_BITS => {
                return Err(format!("a marker of more than {MOST_BITS} bits"));
            }
            ZERO | ONE => {
                self.bits.push(number == ONE);
                return Ok(None);
            }
            PHASE => Marker::Phase { phase: self.phase()?, cores: self.number(16)? as usize },
            END => Marker::End,
            COLD => Marker::Cold,
            WATCH => {
                let (stride, end, start) = (self.number(64)?, self.number(64)?, self.number(64)?);
                Marker::Watch { name: self.text()?, range: start..end, stride }
            }
            ARRIVE => Marker::Arrive,
            WAKES => Marker::Wakes(self.number(16)? as usize),
            NAME => Marker::Name { phase: self.phase()?, name: self.text()? },
            _ => return Err(format!("HINT #{number:#x} is no marker")),
        };
        match self.bits.len() {
            0 => Ok(Some(marker)),
            more => Err(format!("HINT #{number:#x} with {more} bits too many")),
        }
    }

    /// Takes the last `bits` bits.
    fn number(&mut self, bits: usize) -> Result<u64, String> {
        let Some(start) = self.bits.len().checked_sub(bits) else {
            return Err(format!("a marker with {} of {bits} bits", self.bits.len()));
        };
        Ok(self.bits.drain(start..).fold(0, |number, bit| 2 * number + u64::from(bit)))
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
    fn spell(decoder: &mut Decoder, number: u64, bits: u32) {
        for bit in (0..bits).rev() {
            let hint = if number >> bit & 1 == 1 { ONE } else { ZERO };
            assert_eq!(decoder.hint(hint), Ok(None));
        }
    }

    #[test]
    fn decodes_what_the_guest_sends() {
        let mut decoder = Decoder::default();
        spell(&mut decoder, 64, 16);
        spell(&mut decoder, 7, 16);
        assert_eq!(decoder.hint(PHASE), Ok(Some(Marker::Phase { phase: 7, cores: 64 })));
        assert_eq!(decoder.hint(END), Ok(Some(Marker::End)));
        "slots".bytes().for_each(|byte| spell(&mut decoder, u64::from(byte), 8));
        for number in [0x4020_0000, 0x4020_0400, 0x80] {
            spell(&mut decoder, number, 64);
        }
        let range = 0x4020_0000..0x4020_0400;
        let watch = Marker::Watch { name: "slots".into(), range, stride: 0x80 };
        assert_eq!(decoder.hint(WATCH), Ok(Some(watch)));
    }

    #[test]
    fn decodes_each_of_the_others() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.hint(COLD), Ok(Some(Marker::Cold)));
        assert_eq!(decoder.hint(ARRIVE), Ok(Some(Marker::Arrive)));
        spell(&mut decoder, 511, 16);
        assert_eq!(decoder.hint(WAKES), Ok(Some(Marker::Wakes(511))));
        "käse".bytes().for_each(|byte| spell(&mut decoder, u64::from(byte), 8));
        spell(&mut decoder, 0xffff, 16);
        let name = Marker::Name { phase: 0xffff, name: "käse".into() };
        assert_eq!(decoder.hint(NAME), Ok(Some(name)));
        spell(&mut decoder, 0, 16);
        spell(&mut decoder, 1, 16);
        assert_eq!(decoder.hint(PHASE), Ok(Some(Marker::Phase { phase: 1, cores: 0 })));
        for number in [5, u64::MAX, 1 << 63] {
            spell(&mut decoder, number, 64);
        }
        let watch = Marker::Watch { name: String::new(), range: 5..u64::MAX, stride: 1 << 63 };
        assert_eq!(decoder.hint(WATCH), Ok(Some(watch)));
    }

    #[test]
    fn refuses_sentences_that_are_too_short_too_long_or_unknown() {
        for (bits, hint, part) in [
            (31, PHASE, "a marker with 15 of 16 bits"),
            (33, PHASE, "HINT #0x60 with 1 bits too many"),
            (15, WAKES, "a marker with 15 of 16 bits"),
            (191, WATCH, "a marker with 63 of 64 bits"),
            (193, WATCH, "HINT #0x65 with 1 bits too many"),
            (15, NAME, "a marker with 15 of 16 bits"),
            (1, COLD, "HINT #0x64 with 1 bits too many"),
            (1, ARRIVE, "HINT #0x66 with 1 bits too many"),
            (0, NAME + 1, "HINT #0x69 is no marker"),
        ] {
            let mut decoder = Decoder::default();
            (0..bits).for_each(|_| spell(&mut decoder, 1, 1));
            assert_eq!(decoder.hint(hint), Err(part.into()));
        }
        let mut decoder = Decoder::default();
        (0..MOST_BITS).for_each(|_| spell(&mut decoder, 0, 1));
        assert_eq!(decoder.hint(ONE), Err("a marker of more than 4096 bits".into()));
        let mut decoder = Decoder::default();
        spell(&mut decoder, 0xff, 8);
        spell(&mut decoder, 1, 16);
        assert_eq!(decoder.hint(NAME), Err("a name that is not UTF-8".into()));
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        assert!(Decoder::default().hint(PHASE).is_err());
        let mut decoder = Decoder::default();
        spell(&mut decoder, 1, 1);
        assert_eq!(decoder.hint(END), Err("HINT #0x61 with 1 bits too many".into()));
        let mut decoder = Decoder::default();
        spell(&mut decoder, 0, 32);
        assert!(decoder.hint(PHASE).unwrap_err().starts_with("phase 0"));
    }
}
