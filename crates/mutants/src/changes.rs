//! The files that a copy of the workspace has changed: with one bug for good, or with all of them.

use crate::catalogue;
use crate::replacement::Replacement;
use crate::schemata::{Arm, CHOICE, Edit, weave};
use crate::tree::Changed;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The demo's program, and the library that it shares an image with: the word is in the latter.
const DEMO: &str = "src/main.rs";
const MACHINE: &str = "src/machine/lib.rs";
/// Where other programs lie, and what those have in them that take in the demo's modules.
const PROGRAMS: &str = "examples";
const TAKES_IN: &str = "#[path = \"../src/demo\"]";
const ALSO_CHOSEN: &str = "mod mutant {\n    pub(crate) use machine::mutant::chosen;\n}\n";

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
    let (changed, _, left_out) = woven(project, changes)?;
    Ok((changed, left_out))
}

/// Where the changed bodies stand in the files of a copy.
pub type Arms = BTreeMap<PathBuf, Vec<Arm>>;

/// As [`all_at_once`]; between the two it returns where each change stands.
///
/// # Errors
///
/// As [`all_at_once`].
pub fn woven(
    project: &Path,
    changes: &BTreeMap<usize, Change>,
) -> Result<(Changed, Arms, BTreeSet<usize>), String> {
    let mut edits = BTreeMap::<PathBuf, Vec<(usize, Edit)>>::new();
    let demos = demos(project)?;
    for (number, Change { file, edit }) in changes {
        let root = root_of(project, file)?;
        if demos.contains(&root) {
            edits.entry(MACHINE.into()).or_default();
            demos.iter().for_each(|demo| _ = edits.entry(demo.clone()).or_default());
        }
        edits.entry(root).or_default();
        edits.entry(file.clone()).or_default().push((*number, edit.clone()));
    }
    let (mut changed, mut arms, mut left_out) = (Changed::new(), Arms::new(), BTreeSet::new());
    for (file, edits) in edits {
        let mut woven = weave(&read(project, &file)?, &edits)?;
        if demos.contains(&file) {
            woven.text += ALSO_CHOSEN;
        } else if root_of(project, &file)? == file {
            woven.text += CHOICE;
        }
        changed.insert(file.clone(), woven.text);
        arms.insert(file, woven.arms);
        left_out.extend(woven.left_out);
    }
    Ok((changed, arms, left_out))
}

/// Returns the programs that have the demo's modules, if this project has it.
fn demos(project: &Path) -> Result<BTreeSet<PathBuf>, String> {
    let Ok(entries) = fs::read_dir(project.join(PROGRAMS)) else { return Ok(BTreeSet::new()) };
    let mut demos = BTreeSet::from([PathBuf::from(DEMO)]);
    for name in entries.flatten().map(|entry| Path::new(PROGRAMS).join(entry.file_name())) {
        if name.extension().is_some_and(|end| end == "rs")
            && read(project, &name)?.contains(TAKES_IN)
        {
            demos.insert(name);
        }
    }
    Ok(demos)
}

/// Returns the root of the crate that a file belongs to, where the choice is made: the next `lib.rs` above it, or
/// `main.rs` where there is none.
fn root_of(project: &Path, file: &Path) -> Result<PathBuf, String> {
    if file.ends_with("main.rs") {
        return Ok(file.to_owned());
    }
    let named = |name: &str| {
        let above = file.ancestors().skip(1).map(|folder| folder.join(name));
        above.into_iter().find(|root| project.join(root).exists())
    };
    let root = named("lib.rs").or_else(|| named("main.rs"));
    root.ok_or(format!("{} belongs to no crate", file.display()))
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

    #[test]
    fn one_change_is_made_and_several_are_chosen_from_in_each_crate() {
        let project = tempfile::tempdir().unwrap();
        let write = |file: &str, more: &str| {
            let path = project.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("fn f() {{ 1 }}\n{more}")).unwrap();
        };
        for file in [DEMO, MACHINE, "src/demo/a.rs", "x/lib.rs", "x/b.rs", "examples/other.rs"] {
            write(file, "");
        }
        write("examples/demo.rs", &format!("{TAKES_IN}\nmod demo;\n"));
        let change = |file: &str| Change { file: file.into(), edit: Edit::new(9, "1", "2") };
        let changed = one(project.path(), &change("x/b.rs")).unwrap();
        assert_eq!(changed, Changed::from([("x/b.rs".into(), "fn f() { 2 }\n".to_owned())]));

        let has = |file: &str| {
            let changes = BTreeMap::from([(7, change(file))]);
            let (changed, arms, left_out) = woven(project.path(), &changes).unwrap();
            assert!(changed[Path::new(file)].contains("7 => { 2 }") && left_out.is_empty());
            assert_eq!(arms[Path::new(file)].len(), 1);
            let choice = |text: &String| match text {
                text if text.ends_with(CHOICE) => 'c',
                text if text.ends_with(ALSO_CHOSEN) => 'a',
                _ => '-',
            };
            let files =
                changed.iter().map(|(file, text)| (file.display().to_string(), choice(text)));
            files.collect::<Vec<_>>()
        };
        let list = |files: &[(&str, char)]| {
            files.iter().map(|(file, choice)| ((*file).to_owned(), *choice)).collect::<Vec<_>>()
        };
        assert_eq!(has("x/b.rs"), list(&[("x/b.rs", '-'), ("x/lib.rs", 'c')]));
        assert_eq!(has("x/lib.rs"), list(&[("x/lib.rs", 'c')]));
        let demo = [("examples/demo.rs", 'a'), ("src/demo/a.rs", '-'), (MACHINE, 'c'), (DEMO, 'a')];
        assert_eq!(has("src/demo/a.rs"), list(&demo));
    }

    #[test]
    fn a_file_belongs_to_the_library_beside_it_or_to_the_program() {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = |file: &str| root_of(&project, Path::new(file)).unwrap();
        assert_eq!(root("crates/runner/src/boot/pump.rs"), Path::new("crates/runner/src/lib.rs"));
        assert_eq!(root("crates/runner/src/main.rs"), Path::new("crates/runner/src/main.rs"));
        assert_eq!(root("src/machine/board/gic.rs"), Path::new("src/machine/lib.rs"));
        assert_eq!(root("src/demo/checks.rs"), Path::new("src/main.rs"));
        assert!(root_of(&project, Path::new("boot/x.rs")).is_err());
    }
}
