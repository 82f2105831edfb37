//! The list of labs: the one place where the grader learns of a new one.

use crate::handin::Handin;
use crate::{break_it, count_lines, fix_it, write_it};
use runner::exit_error::ExitError;

/// A lab.
#[derive(Debug)]
pub struct Lab {
    /// Its number, from 1 on, in the order of the list.
    pub number: u8,
    /// The one file that a student edits, as seen from the project's folder.
    pub file: &'static str,
    /// Judges what is handed in. `Ok` says what was done, an error with status 1 what is missing.
    pub judge: fn(&Handin) -> Result<String, ExitError>,
}

/// All labs.
pub static LABS: [Lab; 4] = [
    Lab { number: 1, file: "course/lab1.toml", judge: count_lines::judge },
    Lab { number: 2, file: "course/lab2.rs", judge: fix_it::judge },
    Lab { number: 3, file: "course/lab3.toml", judge: break_it::judge },
    Lab { number: 4, file: "course/lab4.rs", judge: write_it::judge },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_lab_has_its_number_and_its_file() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for (number, lab) in (1..).zip(&LABS) {
            assert_eq!(lab.number, number);
            assert!(root.join(lab.file).is_file(), "{}", lab.file);
        }
    }
}
