//! Checks that bytes are a whole tree, before anybody walks through them.
//!
//! Only then is dtoolkit used, which panics on anything else. Its own check does more: it refuses names of
//! more than 31 characters, which trees have all the same, and which Linux takes.

use crate::error::Error;
use core::ffi::CStr;
use dtoolkit::fdt::Fdt;

/// The first word of the header, big-endian (Devicetree Specification, 5.2).
pub(crate) const MAGIC: u32 = 0xd00d_feed;
/// The version that is read; later ones may say that they can be read as this one.
const VERSION: u32 = 17;
/// Bytes of an entry of the reservation block (5.3).
const RESERVATION: usize = 16;
/// Tokens of the structure block (5.4).
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROP: u32 = 3;
const NOP: u32 = 4;
const END: u32 = 9;

/// Returns the tree, if the bytes are one.
pub(crate) fn tree(bytes: &[u8]) -> Result<Fdt<'_>, Error<'static>> {
    let header = |index: usize| word(bytes, 4 * index);
    let place = |index: usize| header(index).map(|number| number as usize);
    if header(0)? != MAGIC {
        return Err(Error::NoTree("it does not begin like one", 0));
    }
    if place(1)? != bytes.len() {
        return Err(Error::NoTree("it has another size than it says", 4));
    }
    if header(5)? < VERSION || header(6)? > VERSION {
        return Err(Error::NoTree("its version is not 17", 20));
    }
    reservations(bytes, place(4)?)?;
    let strings = place(3)?..place(3)? + place(8)?;
    let strings = bytes.get(strings).ok_or(Error::NoTree("its names end too late", 32))?;
    structure(bytes, place(2)?, strings)?;
    Ok(Fdt::new_unchecked(bytes))
}

/// Checks that the reservation block has an end. Bytes without room for a header of ten words have none:
/// there are not that many zeros in it.
fn reservations(bytes: &[u8], start: usize) -> Result<(), Error<'static>> {
    let rest = bytes.get(start..).unwrap_or_default();
    match rest.chunks_exact(RESERVATION).any(|entry| entry == [0; RESERVATION]) {
        true => Ok(()),
        false => Err(Error::NoTree("its reservations do not end", start)),
    }
}

/// Checks that each node of the structure block has an end, its properties first, and names that are text.
fn structure(bytes: &[u8], start: usize, strings: &[u8]) -> Result<(), Error<'static>> {
    let (mut at, mut depth, mut properties_may_come) = (start, 0, false);
    loop {
        let token = word(bytes, at)?;
        let behind = match token {
            BEGIN_NODE => {
                let name = text(bytes, at + 4)?;
                if depth == 0 && !name.is_empty() {
                    return Err(Error::NoTree("its root has a name", at));
                }
                (depth, properties_may_come) = (depth + 1, true);
                at + 4 + name.len() + 1
            }
            PROP if properties_may_come => {
                text(strings, word(bytes, at + 8)? as usize)?;
                let end = at + 12 + word(bytes, at + 4)? as usize;
                bytes.get(..end).ok_or(Error::NoTree("a value ends too late", at))?;
                end
            }
            NOP if depth > 0 => at + 4,
            END_NODE if depth > 1 => {
                (depth, properties_may_come) = (depth - 1, false);
                at + 4
            }
            END_NODE if depth == 1 && word(bytes, at + 4)? == END => return Ok(()),
            _ => return Err(Error::NoTree("a token stands where it must not", at)),
        };
        at = behind.next_multiple_of(4);
    }
}

fn word(bytes: &[u8], at: usize) -> Result<u32, Error<'static>> {
    let word = bytes.get(at..).and_then(|rest| rest.first_chunk());
    word.map(|word| u32::from_be_bytes(*word)).ok_or(Error::NoTree("it ends too early", at))
}

fn text(bytes: &[u8], at: usize) -> Result<&str, Error<'static>> {
    let rest = bytes.get(at..).unwrap_or_default();
    let text = CStr::from_bytes_until_nul(rest).ok().and_then(|text| text.to_str().ok());
    text.ok_or(Error::NoTree("a name is no text", at))
}
