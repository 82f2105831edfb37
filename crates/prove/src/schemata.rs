//! A copy of the crate that has every mutant and every weakened ordering, chosen when a test runs.
//!
//! Both stages use the same copy, so that the models are built once for both.

use crate::orderings::{self, Weakened};
use crate::program::{BUILD, Program};
use crate::project::{PROTOCOL, Project, crate_in, must};
use mutants::catalogue;
use mutants::changes::{self, Change};
use mutants::mutant::{Mutant, Suite};
use mutants::tree::{Changed, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The copy, and what is in it.
pub struct Schemata<'a> {
    project: &'a Project,
    tree: Tree,
    /// The known bugs, by number.
    pub mutants: BTreeMap<usize, &'static Mutant>,
    /// The weakened orderings, by number.
    pub weakened: BTreeMap<usize, Weakened>,
    /// Those that are not in the copy.
    left_out: BTreeSet<usize>,
}

/// Test programs by their suite.
pub type Programs = BTreeMap<Suite, Program>;

impl<'a> Schemata<'a> {
    /// Makes the copy.
    pub fn new(project: &'a Project) -> Result<Self, String> {
        let mutants: BTreeMap<_, _> = (1..).zip(catalogue::all()).collect();
        let weakened = (mutants.len() + 1..).zip(orderings::weakened(project)?);
        let weakened: BTreeMap<_, _> = weakened.collect();
        let mut all = BTreeMap::<usize, Change>::new();
        for (number, mutant) in &mutants {
            all.insert(*number, changes::of(*mutant, &project.root)?);
        }
        all.extend(weakened.iter().map(|(number, one)| (*number, one.change.clone())));
        let (changed, left_out) = changes::all_at_once(&project.root, &all)?;
        let tree = copy(project, "schemata", &changed)?;
        Ok(Self { project, tree, mutants, weakened, left_out })
    }

    /// Returns whether a mutant or an ordering is in the copy.
    pub fn has(&self, number: usize) -> bool {
        !self.left_out.contains(&number)
    }

    /// Builds a file of models.
    pub fn models(&self, models: &str) -> Result<Program, String> {
        loom(self.project, self.tree.root(), models)
    }

    /// Builds the test programs of these suites, those on the host in one go.
    pub fn programs(&self, suites: &BTreeSet<Suite>) -> Result<Programs, String> {
        build(self.project, self.tree.root(), suites)
    }

    /// Builds the test program of a mutant that is not in the copy, from a copy of its own.
    pub fn program_alone(&self, number: usize) -> Result<Program, String> {
        let mutant = self.mutants[&number];
        let change = changes::of(mutant, &self.project.root)?;
        let changed = changes::one(&self.project.root, &change)?;
        let tree = copy(self.project, &format!("alone-{number}"), &changed)?;
        let mut programs = build(self.project, tree.root(), &BTreeSet::from([mutant.suite]))?;
        programs.remove(&mutant.suite).ok_or("nothing was built".to_owned())
    }
}

/// Copies the workspace with some files changed.
fn copy(project: &Project, name: &str, changed: &Changed) -> Result<Tree, String> {
    Tree::copy(&project.root, &project.keep.join(name), changed)
}

fn build(project: &Project, root: &Path, suites: &BTreeSet<Suite>) -> Result<Programs, String> {
    let mut programs = Programs::new();
    let mut host = Vec::new();
    for suite in suites {
        match suite {
            Suite::Loom => {
                programs.insert(Suite::Loom, loom(project, root, PROTOCOL)?);
            }
            Suite::Unit => host.push("--lib"),
            Suite::Host(name) => host.extend(["--test", name]),
        }
    }
    if !host.is_empty() {
        let mut command = project.cargo(root, &["test", "--quiet", "--all-features"]);
        let messages = must(command.args(host).args(BUILD), "building the tests")?;
        for suite in suites {
            let target = match suite {
                Suite::Loom => continue,
                Suite::Unit => "rundown",
                Suite::Host(name) => name,
            };
            programs.insert(*suite, program(root, &messages, target)?);
        }
    }
    Ok(programs)
}

fn loom(project: &Project, root: &Path, models: &str) -> Result<Program, String> {
    let messages = must(&mut project.loom(root, models, &BUILD), "building the models")?;
    program(root, &messages, models)
}

fn program(root: &Path, messages: &str, target: &str) -> Result<Program, String> {
    Program::find(messages, target, crate_in(root))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_are_in_the_copy_and_some_need_a_build_of_their_own() {
        let keep = tempfile::tempdir().unwrap();
        let root = Project::find(String::new()).unwrap().root;
        let project = Project { root, keep: keep.path().to_owned(), only: String::new() };
        let schemata = Schemata::new(&project).unwrap();
        let (inside, alone): (Vec<usize>, Vec<usize>) =
            schemata.mutants.keys().partition(|number| schemata.has(**number));
        assert!(inside.len() > 40 && !alone.is_empty(), "{alone:?}");
        assert!(schemata.weakened.keys().all(|number| schemata.has(*number)));
    }
}
