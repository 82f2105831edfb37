//! Known bugs put into a copy of the primitive, one at a time: the explorer must find each.
//!
//! The copy of the workspace lies beside what is built from it, and is removed at the end. A mutant is
//! an exact piece of text that stands exactly once in its file; when the source has moved on, the run
//! fails and says so.

#[cfg(test)]
mod left_out;
mod list;
pub mod tree;

use super::arguments::Arguments;
use super::hunt;
use super::kernel::Kernel;
use list::{MUTANTS, Mutant};
use runner::exit_error::{ExitError, FAILED, SETUP};
use std::fs::{self, File, TryLockError};
use std::path::Path;
use tree::Tree;

/// Builds the kernel with each mutant that is wanted and explores until one seed fails.
pub fn run(root: &Path, arguments: &Arguments) -> Result<(), ExitError> {
    let chosen = chosen(arguments.pattern(), arguments.quick);
    if chosen.is_empty() {
        let line = format!("no mutant's name holds {:?}", arguments.pattern());
        return Err(ExitError::setup(line, "leave the name out to run all"));
    }
    let built = root.join("target/explore");
    let _alone = alone(&built)?;
    let tree = Tree::copy(root, &built.join("mutants"))?;
    let (mut found, mut most) = (0, 0);
    for mutant in &chosen {
        let original = tree.read(mutant.file)?;
        tree.write(mutant.file, &mutant.put_into(&original)?)?;
        let kernel = Kernel::build(tree.root(), Some(&built), arguments.tier);
        tree.write(mutant.file, &original)?;
        let hunt = hunt::through(&kernel?, &arguments.plan(), arguments.most(), false)?;
        match hunt.failure {
            Some(failure) => {
                let (seed, name) = (failure.run.seed, failure.scenario.name);
                println!("found at seed {seed:4}  {} ({name}: {})", mutant.name, failure.why);
                found += 1;
                most = most.max(seed);
            }
            None => println!("NOT FOUND in {} seeds  {}", hunt.seeds(), mutant.name),
        }
    }
    println!("mutants: {}, found: {found}, most seeds needed: {most}", chosen.len());
    if found == chosen.len() {
        Ok(())
    } else {
        Err(ExitError::new(FAILED, "a mutant was not found"))
    }
}

/// Makes sure that nobody else builds mutants in that folder: cargo would mix the copies up.
pub fn alone(folder: &Path) -> Result<File, ExitError> {
    let wrong =
        |error| ExitError::new(SETUP, format!("cannot write {}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(wrong)?;
    let lock = File::create(folder.join("mutants.lock")).map_err(wrong)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock), // until it is closed
        Err(TryLockError::Error(error)) => Err(wrong(error)),
        Err(TryLockError::WouldBlock) => {
            let line = format!("mutants are being explored in {} already", folder.display());
            Err(ExitError::setup(line, "wait until that has ended"))
        }
    }
}

fn chosen(pattern: &str, quick: bool) -> Vec<&'static Mutant> {
    let wanted = |mutant: &&Mutant| mutant.name.contains(pattern) && (mutant.quick || !quick);
    MUTANTS.iter().filter(wanted).collect()
}

impl Mutant {
    /// Replaces the one place in a source text.
    fn put_into(&self, source: &str) -> Result<String, ExitError> {
        match source.matches(self.from).count() {
            1 => Ok(source.replacen(self.from, self.to, 1)),
            count => Err(ExitError::new(
                SETUP,
                format!(
                    "the mutant \"{}\" is out of date: its text stands {count} times in {}: {}",
                    self.name, self.file, self.from
                ),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_fits_the_sources_and_changes_them() {
        let root = tools::cargo::root("scripts/explore").unwrap();
        for mutant in MUTANTS {
            let source = std::fs::read_to_string(root.join(mutant.file)).unwrap();
            assert_ne!(mutant.put_into(&source).unwrap(), source, "{}", mutant.name);
        }
    }

    /// The names of a Rust source's mutants: string literals at the start of an entry.
    fn defects(source: &str) -> Vec<&str> {
        let list = source.split_once("\nmutants! {").expect("the list").1;
        let entries = list.lines().filter_map(|line| line.strip_prefix("    \""));
        entries.filter_map(|entry| entry.split_once("\", ")).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_mutant_of_the_proofs_is_here_or_left_out_for_a_reason() {
        let root = tools::cargo::root("scripts/explore").unwrap();
        let path = root.join("crates/prove/src/mutants/list.rs");
        let source = std::fs::read_to_string(path).unwrap();
        let proved = defects(&source);
        assert!(proved.len() > MUTANTS.len(), "{proved:?}");
        for name in &proved {
            let here = MUTANTS.iter().any(|mutant| mutant.name == *name);
            let left_out = left_out::LEFT_OUT.iter().any(|(known, _)| known == name);
            assert!(here != left_out, "{name}: in the list of the explorer, or left out?");
        }
        for (name, reason) in left_out::LEFT_OUT {
            assert!(proved.contains(name) && !reason.is_empty(), "{name} is no longer known");
        }
    }

    #[test]
    fn only_one_at_a_time_builds_mutants() {
        let folder = std::env::temp_dir().join(format!("rundown-alone-{}", std::process::id()));
        let first = alone(&folder).unwrap();
        assert!(alone(&folder).unwrap_err().line.contains("already"));
        drop(first);
        assert!(alone(&folder).is_ok());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_text_that_is_missing_or_ambiguous_is_refused() {
        let mutant = Mutant { name: "m", file: "f", from: "ab", to: "c", quick: false };
        assert_eq!(mutant.put_into("xaby").unwrap(), "xcy");
        for source in ["x", "ab ab", ""] {
            let said = mutant.put_into(source).unwrap_err().line;
            assert!(said.contains("out of date"), "{said}");
        }
    }

    #[test]
    fn the_names_differ_and_a_pattern_chooses() {
        let mut names: Vec<_> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), MUTANTS.len());
        assert_eq!(chosen("", false).len(), MUTANTS.len());
        assert!((1..MUTANTS.len()).contains(&chosen("", true).len()));
        assert!((1..MUTANTS.len()).contains(&chosen("slot", false).len()));
        assert!(chosen("no such name", false).is_empty());
    }
}
