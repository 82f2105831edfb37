//! The files that a copy of the workspace has changed: with one bug for good, or with all of them.

use crate::catalogue;
use crate::replacement::Replacement;
use crate::schemata::{CHOICE, Edit, weave};
use crate::tree::Changed;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Where the choice is made: the root of the crate that all changes are in.
const CHOSEN_IN: &str = "crates/rundown/src/lib.rs";

/// A change of one file.
#[derive(Clone, Debug)]
pub struct Change {
    /// The file, seen from the project's folder.
    pub file: PathBuf,
    /// What changes there.
    pub edit: Edit,
}

/// Returns what a mutant changes in the project.
///
/// # Errors
///
/// A message when the mutant is out of date, or its file can't be read.
pub fn of(bug: impl Into<Replacement>, project: &Path) -> Result<Change, String> {
    let bug = bug.into();
    let file = PathBuf::from(bug.file);
    let edit = catalogue::edit(&bug, &read(project, &file)?)?;
    Ok(Change { file, edit })
}

/// Returns the file that one change changes.
///
/// # Errors
///
/// A message when the file can't be read.
pub fn one(project: &Path, Change { file, edit }: &Change) -> Result<Changed, String> {
    Ok(Changed::from([(file.clone(), edit.applied_to(&read(project, file)?))]))
}

/// Returns the files of a copy that has all these changes, one of which is chosen when it runs, and the
/// numbers of those changes that can't be chosen.
///
/// # Errors
///
/// A message when a file can't be read, or is no Rust.
pub fn all_at_once(
    project: &Path,
    changes: &BTreeMap<usize, Change>,
) -> Result<(Changed, BTreeSet<usize>), String> {
    let mut edits = BTreeMap::<&Path, Vec<(usize, Edit)>>::from([(CHOSEN_IN.as_ref(), Vec::new())]);
    for (number, Change { file, edit }) in changes {
        edits.entry(file).or_default().push((*number, edit.clone()));
    }
    let (mut changed, mut left_out) = (Changed::new(), BTreeSet::new());
    for (file, edits) in edits {
        let mut woven = weave(&read(project, file)?, &edits)?;
        if file == Path::new(CHOSEN_IN) {
            woven.text += CHOICE;
        }
        changed.insert(file.to_owned(), woven.text);
        left_out.extend(woven.left_out);
    }
    Ok((changed, left_out))
}

fn read(project: &Path, file: &Path) -> Result<String, String> {
    let path = project.join(file);
    fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_is_in_the_copy_or_left_out() {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let changes = catalogue::all().map(|mutant| of(mutant, &project).unwrap());
        let changes: BTreeMap<_, _> = (1..).zip(changes).collect();
        let (changed, left_out) = all_at_once(&project, &changes).unwrap();
        let text: String = changed.into_values().collect();
        for number in changes.keys() {
            let arm = text.contains(&format!("\n{number} => {{"));
            assert_ne!(arm, left_out.contains(number), "mutant {number}");
        }
        assert!(text.contains("mod mutant {") && left_out.len() < changes.len() / 10);
    }
}
