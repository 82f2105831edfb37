//! A linked program, read for following its functions: code, constants, and the objects that threads share.

use super::instruction::{Instruction, decode};
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, elf};
use std::collections::BTreeMap;

/// A linked program.
pub struct Image {
    sections: Vec<Section>,
    /// By address, then by name. A function and a section may begin at the same place.
    symbols: BTreeMap<u64, Vec<(String, u64)>>,
}

struct Section {
    start: u64,
    bytes: Vec<u8>,
    writable: bool,
    code: bool,
}

impl Image {
    /// Reads an ELF file.
    pub fn read(file: &[u8]) -> Result<Self, String> {
        let file = object::File::parse(file).map_err(|error| error.to_string())?;
        let mut sections = Vec::new();
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
            let has = |flag: u32| sh_flags & u64::from(flag) != 0;
            if has(elf::SHF_ALLOC) {
                let mut bytes = section.data().map_err(|error| error.to_string())?.to_vec();
                bytes.resize(section.size() as usize, 0); // of .bss the file has nothing
                let (writable, code) = (has(elf::SHF_WRITE), has(elf::SHF_EXECINSTR));
                sections.push(Section { start: section.address(), bytes, writable, code });
            }
        }
        let mut symbols = BTreeMap::<u64, Vec<(String, u64)>>::new();
        for symbol in file.symbols().filter(ObjectSymbol::is_definition) {
            let name = symbol.name().map_err(|error| error.to_string())?;
            symbols.entry(symbol.address()).or_default().push((name.to_owned(), symbol.size()));
        }
        Ok(Self { sections, symbols })
    }

    /// Makes a program of these instructions, two shared words, `data` and `object`, and functions by name.
    #[cfg(test)]
    pub fn of(code: &[u32], functions: &[(&str, u64)]) -> Self {
        let bytes = code.iter().flat_map(|word| word.to_le_bytes()).collect();
        let sections = vec![
            Section { start: 0x1000, bytes, writable: false, code: true },
            Section { start: 0x8000, bytes: vec![1; 16], writable: true, code: false },
        ];
        let all = [("data", 0x8000), ("object", 0x8008)].iter().chain(functions);
        let symbols = all.map(|(name, at)| (*at, vec![((*name).to_owned(), 8)])).collect();
        Self { sections, symbols }
    }

    /// Returns where a symbol is.
    pub fn address(&self, name: &str) -> Result<u64, String> {
        let mut all = self.symbols.iter();
        all.find_map(|(at, names)| names.iter().any(|(one, _)| one == name).then_some(*at))
            .ok_or(format!("no symbol {name} in the program"))
    }

    /// Returns the names of what begins at an address.
    pub fn names(&self, at: u64) -> impl Iterator<Item = &str> {
        self.symbols.get(&at).into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// Returns the instruction at an address.
    pub fn instruction(&self, at: u64) -> Result<Instruction, String> {
        let section = self.section(at, 4).filter(|section| section.code);
        let section = section.ok_or(format!("no code at {at:#x}"))?;
        let word = section.value(at, 4) as u32;
        decode(word, at).ok_or(format!("unknown instruction {word:#010x} at {at:#x}"))
    }

    /// Returns the name of a word that threads share: its object, and how far into it.
    pub fn shared(&self, at: u64) -> Option<String> {
        let writable = self.section(at, 8)?.writable;
        let objects = self.symbols.range(..=at).rev().flat_map(|(start, names)| {
            names.iter().map(move |(name, size)| (at - start, name, *size))
        });
        let (offset, name, _) = objects.take(8).find(|(offset, _, size)| offset + 8 <= *size)?;
        writable.then(|| format!("{name}_{offset}"))
    }

    /// Returns what stands at an address at first, when nothing can write there.
    pub fn constant(&self, at: u64, bytes: u64) -> Option<u64> {
        let section = self.section(at, bytes).filter(|section| !section.writable)?;
        Some(section.value(at, bytes))
    }

    /// Returns what a shared word holds at first.
    pub fn first(&self, at: u64) -> Option<u64> {
        Some(self.section(at, 8)?.value(at, 8))
    }

    fn section(&self, at: u64, bytes: u64) -> Option<&Section> {
        self.sections.iter().find(|section| {
            section.start <= at && at + bytes <= section.start + section.bytes.len() as u64
        })
    }
}

impl Section {
    /// Returns a little-endian number.
    fn value(&self, at: u64, bytes: u64) -> u64 {
        let from = (at - self.start) as usize;
        let bytes = &self.bytes[from..from + bytes as usize];
        bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_shared_or_constant_within_their_section() {
        let image = Image::of(&[0x0302_0100, 0x0706_0504], &[]);
        assert_eq!(image.constant(0x1000, 8), Some(0x0706_0504_0302_0100));
        assert_eq!(image.constant(0x1006, 2), Some(0x0706));
        assert_eq!(
            [image.constant(0x1006, 4), image.constant(0xfff, 1), image.constant(0x8000, 8)],
            [None; 3]
        );
        assert_eq!(image.first(0x8008), Some(0x0101_0101_0101_0101));
        assert_eq!([image.first(0x8009), image.first(0x7fff)], [None; 2]);
        let shared = |at| image.shared(at).unwrap_or_default();
        assert_eq!([shared(0x8000), shared(0x8008), shared(0x8004)], ["data_0", "object_0", ""]);
        assert_eq!(shared(0x1000), "", "nobody writes there");
    }

    /// The program of this test is one as well, of another machine.
    #[test]
    fn an_elf_file_is_read() {
        static WRITTEN: std::sync::Mutex<u64> = std::sync::Mutex::new(0x1122_3344);
        *WRITTEN.lock().unwrap() += 1;
        let file = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let image = Image::read(&file).unwrap();
        let find = |part: &str| {
            let mut all = image.symbols.iter();
            let found = all.find(|(_, names)| names.iter().any(|(name, _)| name.contains(part)));
            *found.expect(part).0
        };
        let code = image.section(find("an_elf_file_is_read"), 8).unwrap();
        assert!(code.code && !code.writable);
        let data = image.section(find("WRITTEN"), 16).unwrap();
        assert!(data.writable && !data.code);
        assert!(image.shared(find("WRITTEN") + 8).is_some_and(|name| name.ends_with("_8")));
        assert!(image.sections.iter().all(|section| section.start > 0), "one is no part of memory");
        assert!(Image::read(b"x").is_err());
    }
}
