//! Known bugs put into a copy of the primitive: the explorer must find each.
//!
//! All of them are in one kernel, and a word of its image chooses one. Those that can't be chosen have a
//! kernel of their own. The copy of the workspace lies beside what is built from it.

use super::arguments::{Arguments, Tier};
use super::compare;
use super::hunt;
use super::kernel::Kernel;
use mutants::catalogue;
use mutants::changes;
use mutants::mutant::{Explorer, Mutant};
use mutants::tree::{Changed, Tree};
use runner::exit_error::{ExitError, FAILED, SETUP};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tools::image;

/// Explores a kernel with each mutant that is wanted until one seed fails.
pub fn run(root: &Path, arguments: &Arguments) -> Result<(), ExitError> {
    let chosen = chosen(arguments.pattern(), arguments.quick);
    if chosen.is_empty() {
        let line = format!("no mutant's name holds {:?}", arguments.pattern());
        return Err(ExitError::setup(line, "leave the name out to run all"));
    }
    let schedule = arguments.schedule()?;
    let (_tree, kernels) = build(root, &chosen, arguments.tier)?;
    if arguments.compare {
        println!("{}", compare::HEAD);
        for (number, mutant) in &chosen {
            println!("{}", compare::row(mutant.name, &kernels[number], arguments)?);
        }
        return Ok(());
    }
    let mut needed = Vec::new();
    for (number, mutant) in &chosen {
        let kernel = kernels[number].clone().with_schedule(schedule);
        let hunt = hunt::through(&kernel, &arguments.plan(), 1..=arguments.most(), false)?;
        match &hunt.failure {
            Some(failure) => {
                let (seed, name) = (failure.run.seed, failure.scenario.name);
                println!("found at seed {seed:4}  {} ({name}: {})", mutant.name, failure.why);
            }
            None => println!("NOT FOUND in {} seeds  {}", hunt.seeds, mutant.name),
        }
        needed.push(hunt.failure.map(|failure| failure.run.seed));
    }
    let (line, end) = judged(&needed);
    println!("{line}");
    end
}

/// Judges hunts by the seed that each has found its mutant at. Returns the last line, and how it ends.
fn judged(needed: &[Option<u64>]) -> (String, Result<(), ExitError>) {
    let found: Vec<u64> = needed.iter().flatten().copied().collect();
    let most = found.iter().max().copied().unwrap_or(0);
    let line =
        format!("mutants: {}, found: {}, most seeds needed: {most}", needed.len(), found.len());
    let end = match needed.contains(&None) {
        false => Ok(()),
        true => Err(ExitError::new(FAILED, "a mutant was not found")),
    };
    (line, end)
}

/// Mutants by their numbers in the catalogue, from 1.
type Numbered = BTreeMap<usize, &'static Mutant>;

/// Returns the mutants that the explorer looks for.
fn chosen(pattern: &str, quick: bool) -> Numbered {
    let wanted = |(_, mutant): &(usize, &Mutant)| {
        let known = match mutant.explorer {
            Explorer::Quick => true,
            Explorer::Long => !quick,
            Explorer::LeftOut(_) => false,
        };
        known && mutant.name.contains(pattern)
    };
    (1..).zip(catalogue::all()).filter(wanted).collect()
}

/// Builds the kernels of the chosen mutants: one for all that it can have at once. Nobody else builds
/// them while the copy of the workspace lives.
fn build(
    root: &Path,
    chosen: &Numbered,
    tier: Tier,
) -> Result<(Tree, BTreeMap<usize, Kernel>), ExitError> {
    // Also those that are not chosen: what a seed finds must not depend on it.
    let mut all = BTreeMap::new();
    for (number, mutant) in &self::chosen("", false) {
        all.insert(*number, changes::of(*mutant, root).map_err(wrong)?);
    }
    let (changed, left_out) = changes::all_at_once(root, &all).map_err(wrong)?;
    let tree = copy(root, "mutants", &changed)?;
    let built = folder(root);
    let kernel = Kernel::build(tree.root(), Some(&built), tier)?;
    let mut kernels = BTreeMap::new();
    let (alone, together): (Vec<usize>, _) =
        chosen.keys().partition(|number| left_out.contains(number));
    for number in together {
        let own = own_image(root, number);
        image::choose(&kernel.image, number, &own)?;
        kernels.insert(number, kernel.with_image(own));
    }
    for number in alone {
        let changed = changes::one(root, &all[&number]).map_err(wrong)?;
        let tree = copy(root, &format!("mutant-{number}"), &changed)?;
        let kernel = Kernel::build(tree.root(), Some(&built), tier)?;
        let own = own_image(root, number);
        fs::copy(&kernel.image, &own).map_err(|error| image::wrong(&own, &error))?;
        kernels.insert(number, kernel.with_image(own));
    }
    Ok((tree, kernels))
}

fn copy(root: &Path, name: &str, changed: &Changed) -> Result<Tree, ExitError> {
    Tree::copy(root, &folder(root).join(name), changed).map_err(wrong)
}

fn wrong(line: String) -> ExitError {
    ExitError::new(SETUP, line)
}

fn own_image(root: &Path, number: usize) -> PathBuf {
    folder(root).join(format!("mutant-{number}.elf"))
}

fn folder(root: &Path) -> PathBuf {
    root.join("target/explore")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_not_found_is_a_failure() {
        let (line, end) = judged(&[Some(7), Some(12), Some(3)]);
        assert_eq!(line, "mutants: 3, found: 3, most seeds needed: 12");
        assert!(end.is_ok());
        let (line, end) = judged(&[Some(7), None]);
        assert_eq!(line, "mutants: 2, found: 1, most seeds needed: 7");
        assert_eq!(end.unwrap_err().line, "a mutant was not found");
    }

    #[test]
    fn what_is_built_lies_in_the_target_folder() {
        let own = own_image(Path::new("/p"), 3);
        assert_eq!(own, Path::new("/p/target/explore/mutant-3.elf"));
    }

    #[test]
    fn a_pattern_and_a_short_run_choose() {
        let all = chosen("", false);
        assert!((1..all.len()).contains(&chosen("", true).len()));
        assert!((1..all.len()).contains(&chosen("slot", false).len()));
        assert!(chosen("no such name", false).is_empty());
        assert!(all.len() < catalogue::all().count(), "some are left out");
    }
}
