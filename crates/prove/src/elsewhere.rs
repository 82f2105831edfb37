//! Known bugs outside of the primitive, in copies of the workspace: for boots, for models, for tests.
//!
//! As many as can be chosen at run time are in the copy from the start, so that it is built once for them; each of
//! the others is built into it by itself. One copy is built while another runs.

mod killers;

use crate::parallel;
use crate::project::Project;
use killers::{Killers, said};
use mutants::catalogue;
use mutants::changes::{self, Change};
use mutants::elsewhere::{Elsewhere, Killer};
use mutants::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// Bugs by number; 0 is none.
type Bugs = BTreeMap<usize, &'static Elsewhere>;

/// Whether a bug was noticed, and the line that says how.
type Verdict = (bool, String);

/// Runs what must notice each bug whose name or file holds `word`. Returns how many bugs there are, and how many
/// were noticed.
pub fn run(project: &Project, word: &str) -> Result<(usize, usize), String> {
    let wanted = |bug: &&Elsewhere| bug.name.contains(word) || bug.file.contains(word);
    let bugs: Bugs = (1..).zip(catalogue::elsewhere().filter(wanted)).collect();
    let mut copies = BTreeMap::<&str, Bugs>::new();
    for (number, bug) in &bugs {
        copies.entry(copy_for(bug.killer)).or_default().insert(*number, bug);
    }
    let copies: Vec<_> = copies.into_iter().collect();
    let (mut killed, mut error) = (0, None);
    let work = |(name, bugs): &(&str, Bugs)| in_a_copy(project, name, bugs);
    parallel::each(&copies, work, |_, verdicts| match verdicts {
        Ok(lines) => {
            killed += lines.iter().filter(|(good, _)| *good).count();
            lines.iter().for_each(|(_, line)| println!("  {line}"));
        }
        Err(what) => error = Some(what),
    });
    error.map_or(Ok((bugs.len(), killed)), Err)
}

/// Returns the name of the copy for a killer. Models have their own: tests of this program read what they are about.
fn copy_for(killer: Killer) -> &'static str {
    match killer {
        Killer::Boot(..) => "of-kernel",
        Killer::Model(..) => "of-models",
        Killer::Test(..) => "of-tests",
    }
}

/// Returns whether what is built with a bug can choose it: a test by its environment, an image by one word, which
/// only one of its crates can have. C programs choose nothing.
fn is_chosen(bug: &Elsewhere) -> bool {
    match bug.killer {
        Killer::Test(..) | Killer::Model(..) => !bug.file.starts_with("crates/rundown-capi/"),
        Killer::Boot(..) => bug.file.starts_with("src/") && bug.file.ends_with(".rs"),
    }
}

/// Runs the bugs in one copy, after what must notice them has run without.
fn in_a_copy(project: &Project, name: &str, bugs: &Bugs) -> Result<Vec<Verdict>, String> {
    let chosen = bugs.iter().filter(|(_, bug)| is_chosen(bug));
    let chosen = chosen.map(|(number, bug)| Ok((*number, changes::of(*bug, &project.root)?)));
    let mut chosen: BTreeMap<usize, Change> = chosen.collect::<Result<_, String>>()?;
    let (together, left_out) = changes::all_at_once(&project.root, &chosen)?;
    chosen.retain(|number, _| !left_out.contains(number));
    let tree = Tree::copy(&project.root, &project.keep.join(name), &together)?;

    let needed: BTreeSet<Killer> = bugs.values().map(|bug| bug.killer).collect();
    let killers = Killers::build(project, tree.root(), needed.iter().copied())?;
    let times = needed.into_iter().map(|killer| Ok((killer, killers.time(killer)?)));
    let times: BTreeMap<_, _> = times.collect::<Result<_, String>>()?;
    let mut lines = BTreeMap::new();
    let mut judge = |number: usize, bug: &Elsewhere, killers: &Killers, chosen: usize| {
        let how = killers.notices(bug.killer, chosen, times[&bug.killer]);
        let by = said(bug.killer);
        let verdict = match how.map_err(|error| format!("{}: {error}", bug.name))? {
            Some(how) => (true, format!("{}: killed{how} by {by}", bug.name)),
            None => (false, format!("{}: SURVIVED {by}", bug.name)),
        };
        lines.insert(number, verdict);
        Ok::<(), String>(())
    };
    for number in chosen.keys() {
        judge(*number, bugs[number], &killers, *number)?;
    }
    for (number, bug) in bugs.iter().filter(|(number, _)| !chosen.contains_key(number)) {
        let one = changes::one(&project.root, &changes::of(*bug, &project.root)?)?;
        let mut changed = together.clone();
        changed.extend(one);
        tree.change(&project.root, &changed)?;
        let killers = Killers::build(project, tree.root(), [bug.killer])
            .map_err(|error| format!("{}: {error}", bug.name))?;
        judge(*number, bug, &killers, 0)?;
    }
    Ok(lines.into_values().collect())
}
