//! Chooses a known bug in a kernel that has many: one word of the image is its number.

use mutants::schemata::SYMBOL;
use object::{Object, ObjectSection, ObjectSymbol};
use runner::exit_error::{ExitError, SETUP};
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::Path;

/// Copies the ELF file `image` to `to`, with the word set.
pub fn choose(image: &Path, number: usize, to: &Path) -> Result<(), ExitError> {
    let mut bytes = fs::read(image).map_err(|error| wrong(image, &error))?;
    let word = word(&bytes).ok_or_else(|| wrong(image, &"it has no word that chooses"))?;
    bytes[word].copy_from_slice(&(number as u64).to_le_bytes());
    fs::write(to, bytes).map_err(|error| wrong(to, &error))
}

/// Returns the error for an image.
pub fn wrong(image: &Path, error: &dyn fmt::Display) -> ExitError {
    ExitError::new(SETUP, format!("{}: {error}", image.display()))
}

/// Returns where in the file the word stands.
fn word(bytes: &[u8]) -> Option<Range<usize>> {
    let file = object::File::parse(bytes).ok()?;
    let symbol = file.symbol_by_name(SYMBOL)?;
    let section = file.section_by_index(symbol.section_index()?).ok()?;
    let word = section.data_range(symbol.address(), symbol.size()).ok()??;
    let start = word.as_ptr().addr() - bytes.as_ptr().addr(); // it is a part of them
    (word.len() == 8).then_some(start..start + 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The word of this program itself.
    #[used]
    #[unsafe(no_mangle)]
    #[unsafe(link_section = ".data")]
    static RUNDOWN_MUTANT: [u8; 8] = *b"<mutant>";

    #[test]
    fn the_word_and_nothing_else_is_set() {
        let own = std::env::current_exe().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("image");
        choose(&own, 0x7766_5544_3322_1100, &to).unwrap();
        let (old, new) = (fs::read(&own).unwrap(), fs::read(&to).unwrap());
        let changed: Vec<usize> = (0..old.len()).filter(|&at| old[at] != new[at]).collect();
        assert_eq!(old.len(), new.len());
        assert_eq!(changed, (changed[0]..changed[0] + 8).collect::<Vec<_>>());
        assert_eq!(&old[changed[0]..][..8], RUNDOWN_MUTANT.as_slice());
        assert_eq!(&new[changed[0]..][..8], [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]);
    }

    #[test]
    fn a_file_without_the_word_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "image"].map(|name| folder.path().join(name));
        fs::write(&from, "no ELF file").unwrap();
        assert!(choose(&from, 1, &to).unwrap_err().line.contains("no word"));
        assert!(!to.exists());
    }
}
