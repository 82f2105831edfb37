//! All mutants, and where each lies in the sources.

use crate::capi::CAPI;
use crate::elsewhere::Elsewhere;
use crate::kernel::KERNEL;
use crate::mutant::Mutant;
use crate::own::OWN;
use crate::peers::PEERS;
use crate::pools::{POOL_RACES, POOLS};
use crate::replacement::Replacement;
use crate::schemata::Edit;
use crate::scope::SCOPE;
use crate::sections::SECTIONED;
use crate::sleep::SLEEP;
use crate::tools::TOOLS;

/// Returns every mutant of the primitive, always in the same order.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    PEERS.iter().chain(OWN).chain(SECTIONED).chain(POOLS)
}

/// Returns every mutant outside of the primitive, always in the same order.
pub fn elsewhere() -> impl Iterator<Item = &'static Elsewhere> {
    KERNEL.iter().chain(CAPI).chain(SCOPE).chain(TOOLS).chain(SLEEP).chain(POOL_RACES)
}

/// Returns what a mutant changes in `source`, the text of its file.
///
/// # Errors
///
/// A message that names the mutant when its text does not stand there exactly once: the sources have
/// moved on.
pub fn edit(bug: &Replacement, source: &str) -> Result<Edit, String> {
    let Replacement { name, file, from, to } = bug;
    let mut places = source.match_indices(from);
    match (places.next(), places.next()) {
        (Some((start, _)), None) => Ok(Edit::new(start, from, to)),
        _ => Err(format!(
            "the mutant \"{name}\" (crates/mutants/src) is out of date: its text does not stand exactly once in {file}: {from}"
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
        for bug in all().map(Replacement::from).chain(elsewhere().map(Replacement::from)) {
            let source = fs::read_to_string(folder.join(bug.file)).unwrap();
            let changed = edit(&bug, &source).unwrap().applied_to(&source);
            assert_eq!(changed, source.replace(bug.from, bug.to));
            assert_ne!(changed, source, "{}", bug.name);
        }
    }

    #[test]
    fn a_text_that_is_missing_or_ambiguous_is_refused() {
        let bug = Replacement { name: "n", file: "f", from: "ab", to: "c" };
        assert_eq!(edit(&bug, "xaby").unwrap().applied_to("xaby"), "xcy");
        for source in ["x", "ab ab", ""] {
            assert!(edit(&bug, source).unwrap_err().contains("out of date"));
        }
    }

    #[test]
    fn the_names_differ_and_what_is_left_out_has_a_reason() {
        let names = all().map(|bug| bug.name).chain(elsewhere().map(|bug| bug.name));
        let mut names: Vec<&str> = names.collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for mutant in all() {
            assert_ne!(mutant.explorer, LeftOut(""), "{}", mutant.name);
        }
        assert!(all().any(|mutant| mutant.explorer == Quick));
        for table in [KERNEL, CAPI, SCOPE, TOOLS] {
            assert!(!table.is_empty() && table.iter().all(|bug| names.contains(&bug.name)));
        }
    }
}
