//! Names of addresses, from the guest's markers and from a file.
//!
//! A file has a line for each name, hexadecimal and separated by blanks; `#` starts a comment:
//!
//! ```text
//! # start  end      name                     bytes of an element
//! 40290000 40290400 demo::SLOTS              80
//! 40290400 40290408 demo::COUNTER
//! ```
//!
//! What `nm -S` prints will do as well: start, size, a letter, name; its lines without a size are left out.
//!
//! With elements, 0x40290088 is `demo::SLOTS[1]+8`; without, `demo::SLOTS+136`. Where names overlap,
//! the guest's go first, newer before older; in the file, the one that starts last.

use crate::arguments::hexadecimal;
use crate::hash::Hash;
use std::ops::Range;

/// A named piece of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    range: Range<u64>,
    /// Bytes of an element, or 0.
    stride: u64,
    text: String,
    hash: u64,
}

/// A place that does not depend on where things lie in memory, as far as they have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name's hash, or 0.
    pub name: u64,
    /// Bytes from the name's start, or from the start of the watched memory.
    pub offset: u64,
}

/// All names.
#[derive(Debug, Default)]
pub struct Names {
    from_guest: Vec<Name>,
    from_file: Vec<Name>,
}

impl Names {
    /// Reads a file. The error names the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut from_file = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = without_comment(line).trim();
            if line.is_empty() {
                continue;
            }
            match parse_line(line).or_else(|| parse_symbol(line)) {
                Some(name) => from_file.push(name),
                None if is_symbol_without_size(line) => {}
                None => {
                    return Err(format!(
                        "line {number}: `{line}` is not START END NAME [STRIDE] in hexadecimal"
                    ));
                }
            }
        }
        from_file.sort_by_key(|name| name.range.start);
        Ok(Self { from_guest: Vec::new(), from_file })
    }

    /// Adds a name from the guest.
    pub fn add(&mut self, range: Range<u64>, stride: u64, text: &str) {
        self.from_guest.retain(|known| known.range != range); // the same object, used again
        self.from_guest.push(Name::new(range, stride, text));
    }

    fn find(&self, address: u64) -> Option<&Name> {
        let contains = |name: &&Name| name.range.contains(&address);
        self.from_guest.iter().rev().find(contains).or_else(|| {
            let end = self.from_file.partition_point(|name| name.range.start <= address);
            // Symbols hardly overlap, so the search ends soon; but an enclosing one may come first.
            self.from_file[..end].iter().rev().take(64).find(contains)
        })
    }

    /// Returns where `address` is without using the address itself: the watched memory begins at `start`.
    pub fn place(&self, address: u64, start: u64) -> Place {
        match self.find(address) {
            Some(name) => Place { name: name.hash, offset: address - name.range.start },
            None => Place { name: 0, offset: address - start },
        }
    }

    /// Returns the names of everything that lies on a line, such as `packed[0..8]` or `a, b+8`.
    pub fn describe_line(&self, line: Range<u64>) -> String {
        let mut parts = Vec::new();
        let mut address = line.start;
        while address < line.end {
            match self.find(address) {
                Some(name) => {
                    let end = name.range.end.min(line.end);
                    parts.push(name.describe_range(address..end));
                    address = end;
                }
                None => address += 1,
            }
        }
        if parts.is_empty() { format!("{:#x}", line.start) } else { parts.join(", ") }
    }

    /// Returns the name of an address.
    pub fn describe(&self, address: u64) -> String {
        match self.find(address) {
            Some(name) => name.describe(address),
            None => format!("{address:#x}"),
        }
    }
}

impl Name {
    fn new(range: Range<u64>, stride: u64, text: &str) -> Self {
        let mut hash = Hash::default();
        text.bytes().for_each(|byte| hash.add(u64::from(byte)));
        Self { range, stride, text: text.into(), hash: hash.value() }
    }

    fn describe_range(&self, part: Range<u64>) -> String {
        let element = |address: u64| (address - self.range.start).checked_div(self.stride);
        match (element(part.start), element(part.end - 1)) {
            (Some(first), Some(last)) if first < last => {
                format!("{}[{first}..{}]", self.text, last + 1)
            }
            _ => self.describe(part.start),
        }
    }

    fn describe(&self, address: u64) -> String {
        let offset = address - self.range.start;
        let (mut text, rest) = match (offset.checked_div(self.stride), self.stride) {
            (Some(element), stride) => (format!("{}[{element}]", self.text), offset % stride),
            (None, _) => (self.text.clone(), offset),
        };
        if rest != 0 {
            text += &format!("+{rest}");
        }
        text
    }
}

fn parse_line(line: &str) -> Option<Name> {
    let mut fields = line.split_whitespace();
    let range = hexadecimal(fields.next()?)?..hexadecimal(fields.next()?)?;
    let text = fields.next()?;
    let stride = fields.next().map_or(Some(0), hexadecimal)?;
    (!range.is_empty() && fields.next().is_none()).then(|| Name::new(range, stride, text))
}

/// Leaves out what follows a `#`; one inside a word is part of a name, such as `f::{closure#0}`.
fn without_comment(line: &str) -> &str {
    let begins = |&(at, _): &(usize, &str)| at == 0 || line[..at].ends_with(char::is_whitespace);
    line.match_indices('#').find(begins).map_or(line, |(at, _)| &line[..at])
}

/// Reads a line of `nm -S`: the size is less than the address, so it can't be mistaken for an end.
fn parse_symbol(line: &str) -> Option<Name> {
    let mut fields = line.splitn(4, char::is_whitespace);
    let (start, size) = (hexadecimal(fields.next()?)?, hexadecimal(fields.next()?)?);
    let kind = fields.next()?;
    let name = fields.next()?; // may hold blanks, with `nm -C`
    let end = start.checked_add(size)?;
    (is_kind(kind) && size < start).then(|| Name::new(start..end, 0, name))
}

/// Returns whether it is a line of `nm` for a symbol without a size, or without even a place.
fn is_symbol_without_size(line: &str) -> bool {
    let mut fields = line.splitn(3, char::is_whitespace);
    match (fields.next(), fields.next(), fields.next()) {
        (Some(start), Some(kind), Some(_)) if hexadecimal(start).is_some() => is_kind(kind),
        (Some(kind), Some(_), _) => matches!(kind, "U" | "w" | "v"),
        _ => false,
    }
}

/// Returns whether it is a letter that `nm` has for a kind of symbol; `a` to `f` may be numbers.
fn is_kind(field: &str) -> bool {
    field.len() == 1 && field.bytes().all(|letter| letter.is_ascii_alphabetic() || letter == b'?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_nm_is_read_as_it_is() {
        let names = Names::parse(
            "0000000040200000 T _start\n\
             0000000040222b38 0000000000000400 B CORES\n\
             0000000040230000 0000000000000020 T add\n\
             0000000040240000 0000000000000008 d <a::B as c::D>::e::{closure#0}\n\
             0000000040250000 0000000000000000 b EMPTY\n\
             \x20                U memcpy\n\
             1000 1100 b 40\n",
        )
        .unwrap();
        assert_eq!(names.describe(0x4022_2b40), "CORES+8");
        assert_eq!(names.describe(0x4023_0000), "add");
        assert_eq!(names.describe(0x4024_0000), "<a::B as c::D>::e::{closure#0}");
        assert_eq!(names.describe(0x4025_0000), "0x40250000");
        assert_eq!(names.describe(0x4020_0000), "0x40200000");
        assert_eq!(names.describe(0x1048), "b[1]+8", "a name of the other form");
        let odd = Names::parse("0000000040200000 0000000000000004 ? odd").unwrap();
        assert_eq!(odd.describe(0x4020_0003), "odd+3");
    }

    #[test]
    fn names_elements_offsets_and_the_unknown() {
        let mut names = Names::parse("# x\n1000 1200 slots 80\n\n2000 2008 word # y\n").unwrap();
        assert_eq!(names.describe(0x1000), "slots[0]");
        assert_eq!(names.describe(0x1088), "slots[1]+8");
        assert_eq!(names.describe(0x2004), "word+4");
        assert_eq!(names.describe(0x2008), "0x2008");
        names.add(0x1080..0x1100, 0, "object");
        assert_eq!(names.describe(0x1088), "object+8");
        assert_eq!(names.describe(0x1100), "slots[2]");
        names.add(0x1080..0x1100, 0, "another");
        assert_eq!(names.describe(0x1088), "another+8");
    }

    #[test]
    fn a_line_is_called_by_all_that_lies_on_it() {
        let mut names =
            Names::parse("1000 1400 slots 80\n1400 1440 packed 8\n1450 1458 word\n").unwrap();
        for (start, bytes, name) in [
            (0x1000, 64, "slots[0]"),
            (0x1040, 64, "slots[0]+64"),
            (0x1080, 128, "slots[1]"),
            (0x1000, 256, "slots[0..2]"),
            (0x1400, 64, "packed[0..8]"),
            (0x1400, 128, "packed[0..8], word"),
            (0x1440, 64, "word"),
            (0x2000, 64, "0x2000"),
        ] {
            assert_eq!(names.describe_line(start..start + bytes), name);
        }
        names.add(0x1408..0x1410, 0, "hot");
        assert_eq!(
            names.describe_line(0x1400..0x1440),
            "packed[0..8]",
            "one that begins outside hides what is inside"
        );
    }

    #[test]
    fn where_names_overlap_the_guests_newest_or_the_files_innermost_counts() {
        let mut names =
            Names::parse("1000 1100 outer\n1010 1020 inner\n1040 1050 later\n").unwrap();
        for (address, name) in [
            (0xfff, "0xfff"),
            (0x1000, "outer"),
            (0x100f, "outer+15"),
            (0x1010, "inner"),
            (0x101f, "inner+15"),
            (0x1020, "outer+32"),
            (0x1050, "outer+80"),
            (0x10ff, "outer+255"),
            (0x1100, "0x1100"),
        ] {
            assert_eq!(names.describe(address), name);
        }
        names.add(0x1000..0x1018, 8, "old");
        names.add(0x1008..0x1014, 0, "new");
        for (address, name) in
            [(0x1007, "old[0]+7"), (0x1008, "new"), (0x1013, "new+11"), (0x1014, "old[2]+4")]
        {
            assert_eq!(names.describe(address), name);
        }
        assert_eq!(names.describe(0x1018), "inner+8", "the guest's go first, where there is one");
    }

    #[test]
    fn another_name_or_offset_is_another_place() {
        let mut names = Names::default();
        names.add(0x1000..0x1080, 0, "object");
        names.add(0x2000..0x2080, 0, "objecT");
        let places = [0x1010, 0x1018, 0x2010].map(|address| names.place(address, 0x1000));
        assert!(places[0] != places[1] && places[0] != places[2]);
        assert_eq!(places.map(|place| place.offset), [0x10, 0x18, 0x10]);
        assert_eq!(names.place(0x1008, 0x500).offset, 8, "from the name, not from the memory");
    }

    #[test]
    fn places_do_not_depend_on_addresses() {
        let (mut here, mut there) = (Names::default(), Names::default());
        here.add(0x1000..0x1080, 0, "object");
        there.add(0x5000..0x5080, 0, "object");
        assert_eq!(here.place(0x1010, 0x1000), there.place(0x5010, 0x4000));
        assert_eq!(here.place(0x2010, 0x2000), Place { name: 0, offset: 0x10 });
    }

    #[test]
    fn says_which_line_is_wrong() {
        for line in [
            "1000 slots",
            "2000 1000 slots",
            "1000 2000 a b c",
            "1000 2000 a zz",
            "1000 1000 T empty",
            "2000 20 TT two letters",
            "2000 20 1 f",
            "zzzz T f",
        ] {
            let error = Names::parse(&format!("\n{line}")).unwrap_err();
            assert!(error.starts_with("line 2: `"), "{error}");
        }
    }
}
