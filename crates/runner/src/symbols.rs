//! Finds where in the sources an address of the kernel lies.

use crate::exit_error::{ExitError, SETUP};
use addr2line::Context;
use addr2line::gimli::{Dwarf, EndianSlice, Error, LittleEndian, SectionId};
use object::{Object, ObjectSection};
use std::collections::HashMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

/// The line tables of an image.
pub struct Symbols {
    context: Context<EndianSlice<'static, LittleEndian>>,
    root: PathBuf,
    files: HashMap<PathBuf, Vec<String>>,
}

/// A place in the sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The function's own name.
    pub function: String,
    /// The file, as seen from the project's folder, and the line.
    pub line: String,
    /// What stands there.
    pub text: String,
}

impl Symbols {
    /// Reads the line tables of `image`, which was built from the sources in `root`.
    pub fn read(image: &Path, root: &Path) -> Result<Symbols, ExitError> {
        let wrong =
            |error: &dyn Display| ExitError::new(SETUP, format!("{}: {error}", image.display()));
        // Read once in a run, so it need not be freed.
        let bytes: &'static [u8] = fs::read(image).map_err(|error| wrong(&error))?.leak();
        let file = object::File::parse(bytes).map_err(|error| wrong(&error))?;
        let load = |id: SectionId| -> Result<_, Error> {
            let section = file.section_by_name(id.name());
            let data = section.and_then(|section| section.data().ok()).unwrap_or_default();
            Ok(EndianSlice::new(data, LittleEndian))
        };
        let context = Dwarf::load(load).and_then(Context::from_dwarf);
        let context = context.map_err(|error| wrong(&error))?;
        Ok(Symbols { context, root: root.to_owned(), files: HashMap::new() })
    }

    /// Finds the place: of functions that are inlined into each other, the innermost of the project.
    pub fn place(&mut self, address: u64) -> Option<Place> {
        let mut frames = self.context.find_frames(address).skip_all_loads().ok()?;
        while let Ok(Some(frame)) = frames.next() {
            let at = frame.location.as_ref();
            let Some((file, number)) = at.and_then(|at| Some((at.file?, at.line?))) else {
                continue;
            };
            let Ok(path) = Path::new(file).strip_prefix(&self.root) else { continue };
            let name = frame.function.and_then(|name| Some(name.demangle().ok()?.into_owned()));
            let function = short(&name.unwrap_or_default());
            let path = path.to_owned();
            drop(frames);
            let text = self.text(&path, number);
            return Some(Place { function, line: format!("{}:{number}", path.display()), text });
        }
        None
    }

    fn text(&mut self, path: &Path, number: u32) -> String {
        let root = &self.root;
        let lines = self.files.entry(path.to_owned()).or_insert_with(|| {
            let text = fs::read_to_string(root.join(path)).unwrap_or_default();
            text.lines().map(|line| line.trim().to_owned()).collect()
        });
        lines.get((number as usize).wrapping_sub(1)).cloned().unwrap_or_default()
    }
}

/// Returns the last part of a path, without type arguments: `<a::B<C>>::release::<D>` is `release`.
fn short(name: &str) -> String {
    let mut depth = 0_u32;
    let mut plain = String::new();
    for letter in name.chars() {
        match letter {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    let parts = plain.split("::").filter(|part| !part.is_empty() && !part.starts_with('{'));
    parts.last().unwrap_or(name).to_owned()
}

/// Returns the address of the function in an image whose symbol holds this text.
#[cfg(test)]
pub fn address_of(image: &Path, text: &str) -> u64 {
    use object::ObjectSymbol;
    let bytes = fs::read(image).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let mut symbols = file.symbols();
    let found = symbols.find(|symbol| symbol.name().unwrap_or("").contains(text));
    found.expect("it has a symbol").address()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn marked_for_this_test() -> u32 {
        std::hint::black_box(line!())
    }

    /// In the line tables of this test itself.
    #[test]
    fn an_address_is_told_by_its_file_its_line_and_what_stands_there() {
        let number = marked_for_this_test() - 1;
        let own = std::env::current_exe().unwrap();
        // Of the workspace, wherever that is: cargo names files as seen from there.
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().find(|folder| folder.join(file!()).exists()).unwrap();
        let root = root.canonicalize().unwrap();
        let mut symbols = Symbols::read(&own, &root).unwrap();
        let place = symbols.place(address_of(&own, "marked_for_this_test")).expect("it has a line");
        let wanted = Place {
            function: "marked_for_this_test".to_owned(),
            line: format!("{}:{number}", file!()),
            text: "fn marked_for_this_test() -> u32 {".to_owned(),
        };
        assert_eq!(place, wanted);
        assert_eq!(symbols.place(1), None);
    }

    #[test]
    fn names_are_cut_to_what_one_would_say() {
        assert_eq!(short("<rundown::protocol::Protocol<rundown::A>>::release"), "release");
        assert_eq!(short("machine::scenarios::drain::SCENARIO::{closure#1}"), "SCENARIO");
        assert_eq!(short("core::mem::drop::<alloc::boxed::Box<u8>>"), "drop");
        assert_eq!(short("main"), "main");
    }
}
