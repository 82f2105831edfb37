//! The code of an image, function by function.

use anyhow::ensure;
use object::{Object, ObjectSection, ObjectSymbol, SectionKind};
use std::collections::BTreeMap;

use super::instruction::Instruction;

/// A function, or a piece of assembly between two labels.
pub struct Function {
    /// Its symbol, without the hash at the end.
    pub name: String,
    /// Its first address.
    pub address: u64,
    /// Its instructions.
    pub code: Vec<Instruction>,
}

/// Returns all functions of an ELF file, in the order of their addresses.
pub fn functions(image: &[u8]) -> anyhow::Result<Vec<Function>> {
    let image = object::File::parse(image)?;
    let mut functions = Vec::new();
    for section in image.sections().filter(|section| section.kind() == SectionKind::Text) {
        let (start, bytes) = (section.address(), section.data()?);
        // A name for each address. `$x` and `$d` only say whether code or data begins there.
        let (mut names, mut data) = (BTreeMap::new(), BTreeMap::new());
        for symbol in
            image.symbols().filter(|symbol| symbol.section_index() == Some(section.index()))
        {
            let name = symbol.name()?;
            match name.get(..2) {
                Some("$x") => data.insert(symbol.address(), false),
                Some("$d") => data.insert(symbol.address(), true),
                // Marks of linker.ld's, where code has a name of its own.
                Some("__") if name.ends_with("_start") => None,
                _ => names.insert(symbol.address(), shown(name)).map(|_| false),
            };
        }
        let ends = names.keys().copied().skip(1).chain([start + bytes.len() as u64]);
        let ends: Vec<u64> = ends.collect();
        for ((address, name), end) in names.into_iter().zip(ends) {
            let is_code = |at: &u64| data.range(..=at).next_back().is_none_or(|(_, data)| !data);
            // Text may end between two words.
            let code = (address..end).step_by(4).filter(is_code).filter_map(|at| {
                let word = bytes.get((at - start) as usize..)?.first_chunk()?;
                Some(Instruction(u32::from_le_bytes(*word)))
            });
            let code = code.collect();
            functions.push(Function { name, address, code });
        }
    }
    ensure!(functions.len() > 100, "the image has only {} functions", functions.len());
    Ok(functions)
}

/// Returns a symbol as its path: `_ZN7machine3smp4park4wake17h0123E` is `machine::smp::park::wake`.
fn shown(symbol: &str) -> String {
    let Some(mut rest) = symbol.strip_prefix("_ZN") else { return symbol.to_owned() };
    let mut path = Vec::new();
    while let Some(digits) = rest.find(|sign: char| !sign.is_ascii_digit()).filter(|at| *at > 0) {
        let length: usize = rest[..digits].parse().unwrap_or(0);
        let Some(part) = rest.get(digits..digits + length) else { break };
        path.push(part);
        rest = &rest[digits + length..];
    }
    path.pop_if(|last| last.len() == 17 && last.starts_with('h')); // the hash
    path.join("::")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::elf;

    #[test]
    fn code_is_cut_at_symbols_and_data_is_left_out() {
        const START: u64 = 0x1000;
        let words: Vec<u32> = (0..130).collect();
        let names: Vec<String> = (10..120).map(|number| format!("f{number}")).collect();
        let mut symbols =
            vec![("first", START), ("$x.0", START), ("$d.1", START + 12), ("$x.2", START + 20)];
        symbols.extend(names.iter().zip(10..).map(|(name, at)| (name.as_str(), START + 4 * at)));
        symbols.extend([("__text_start", START), ("__own", START + 4 * 125)]);
        let mut functions = functions(&elf(START, &words, &symbols)).unwrap().into_iter();
        let mut next = || {
            let Function { name, address, code } = functions.next().unwrap();
            (name, address, code.iter().map(|one| one.0).collect::<Vec<_>>())
        };
        assert_eq!(next(), ("first".to_owned(), START, vec![0, 1, 2, 5, 6, 7, 8, 9]));
        assert_eq!(next(), ("f10".to_owned(), START + 40, vec![10]));
        let last = functions.last().unwrap();
        assert_eq!((last.name.as_str(), last.code.len()), ("__own", 5));
    }

    #[test]
    fn an_image_with_few_functions_is_none() {
        let of = |count: u64| {
            let names: Vec<String> = (0..count).map(|number| format!("f{number}")).collect();
            let symbols: Vec<_> =
                names.iter().zip(0..).map(|(name, at)| (name.as_str(), 4 * at)).collect();
            functions(&elf(0, &[0; 200], &symbols)).map(|functions| functions.len()).ok()
        };
        assert_eq!([of(100), of(101)], [None, Some(101)]);
    }

    #[test]
    fn a_symbol_is_shown_as_its_path() {
        assert_eq!(
            shown("_ZN7machine3smp4park4wake17h5bfec3658dbf1a5aE"),
            "machine::smp::park::wake"
        );
        assert_eq!(shown("_ZN4core3add17hc16414643a864a4bE.llvm.174"), "core::add");
        assert_eq!(shown("enable_mmu"), "enable_mmu");
        assert_eq!(shown("_ZN4home4handE"), "home::hand");
        assert_eq!(shown("_ZN4home17wake_all_sleepersE"), "home::wake_all_sleepers");
        assert_eq!(shown("_ZN99x"), "");
    }
}
