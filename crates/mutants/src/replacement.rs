//! What a bug changes: one text of one file.

use crate::elsewhere::Elsewhere;
use crate::mutant::Mutant;

/// A text that takes the place of another.
#[derive(Clone, Copy, Debug)]
pub struct Replacement {
    /// What is wrong then.
    pub name: &'static str,
    /// The file, seen from the project's folder.
    pub file: &'static str,
    /// The text that stands there exactly once.
    pub from: &'static str,
    /// What takes its place.
    pub to: &'static str,
}

impl From<&Mutant> for Replacement {
    fn from(&Mutant { name, file, from, to, .. }: &Mutant) -> Self {
        Replacement { name, file, from, to }
    }
}

impl From<&Elsewhere> for Replacement {
    fn from(&Elsewhere { name, file, from, to, .. }: &Elsewhere) -> Self {
        Replacement { name, file, from, to }
    }
}
