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
            let line = line.split('#').next().unwrap_or("").trim();
            if line.is_empty() {
                continue;
            }
            let name = parse_line(line).ok_or_else(|| {
                format!("line {number}: `{line}` is not START END NAME [STRIDE] in hexadecimal")
            })?;
            from_file.push(name);
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn places_do_not_depend_on_addresses() {
        let (mut here, mut there) = (Names::default(), Names::default());
        here.add(0x1000..0x1080, 0, "object");
        there.add(0x5000..0x5080, 0, "object");
        assert_eq!(here.place(0x1010, 0x1000), there.place(0x5010, 0x4000));
        assert_eq!(here.place(0x2010, 0x2000), Place { name: 0, offset: 0x10 });
    }

    #[test]
    fn says_which_line_is_wrong() {
        for line in ["1000 slots", "2000 1000 slots", "1000 2000 a b c", "1000 2000 a zz"] {
            let error = Names::parse(&format!("\n{line}")).unwrap_err();
            assert!(error.starts_with("line 2: `"), "{error}");
        }
    }
}
