//! All mutants, and where each lies in the sources.

use crate::mutant::Mutant;
use crate::own::OWN;
use crate::peers::PEERS;
use crate::schemata::Edit;

/// Returns every mutant, always in the same order.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    PEERS.iter().chain(OWN)
}

/// Returns what a mutant changes in `source`, the text of its file.
///
/// # Errors
///
/// A message that names the mutant when its text does not stand there exactly once: the sources have
/// moved on.
pub fn edit(mutant: &Mutant, source: &str) -> Result<Edit, String> {
    let Mutant { name, file, from, to, .. } = mutant;
    let mut places = source.match_indices(from);
    match (places.next(), places.next()) {
        (Some((start, _)), None) => Ok(Edit::new(start, from, to)),
        _ => Err(format!(
            "the mutant \"{name}\" is out of date: its text does not stand exactly once in {file}: {from}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutant::Explorer::{LeftOut, Quick};
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_mutant_fits_the_sources_and_changes_them() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for mutant in all() {
            let source = fs::read_to_string(folder.join(mutant.file)).unwrap();
            let changed = edit(mutant, &source).unwrap().applied_to(&source);
            assert_eq!(changed, source.replace(mutant.from, mutant.to));
            assert_ne!(changed, source, "{}", mutant.name);
        }
    }

    #[test]
    fn a_text_that_is_missing_or_ambiguous_is_refused() {
        let mutant = Mutant { from: "ab", to: "c", ..*all().next().unwrap() };
        assert_eq!(edit(&mutant, "xaby").unwrap().applied_to("xaby"), "xcy");
        for source in ["x", "ab ab", ""] {
            assert!(edit(&mutant, source).unwrap_err().contains("out of date"));
        }
    }

    #[test]
    fn the_names_differ_and_what_is_left_out_has_a_reason() {
        let mut names: Vec<&str> = all().map(|mutant| mutant.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().count());
        for mutant in all() {
            assert_ne!(mutant.explorer, LeftOut(""), "{}", mutant.name);
        }
        assert!(all().any(|mutant| mutant.explorer == Quick));
    }
}
