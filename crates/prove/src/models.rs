//! The models of every race, on loom: all interleavings and all values that a weak memory may return.
//!
//! The short run bounds preemptions at three, the default of the models. The long one has no bound,
//! except for the models in `BOUNDED`, and for one that does not end in `MOST` on the machine at hand.
//! Either way it says which models it bounded, and by how much.

use crate::project::{MODELS, Project, must, run as run_tests};
use crate::verdict::{ending, passed_tests};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Models that are known not to end within a few million executions: a part of the name, and the most
/// preemptions that the long run tries.
const BOUNDED: [(&str, u32); 3] = [
    ("a_wait_that_overlaps_a_reinitialize_is_woken", 8),
    ("take_against_take_and_a_user", 6),
    ("two_waits_against_the_last_release", 5),
];
/// What is tried in turn when another model does not end.
const SMALLER: [Option<u32>; 3] = [None, Some(5), Some(4)];

/// What a model of two threads explores at least: one execution alone is no race.
const FEWEST: u64 = 2;

/// How long one model may take.
const MOST: Duration = Duration::from_secs(1200);

/// What a file of models came to.
#[derive(Default)]
struct Sum {
    models: usize,
    good: usize,
    bounded: usize,
    executions: u64,
}

/// Runs all models on the code as it is.
pub fn run(project: &Project, long: bool) -> Result<bool, String> {
    let mut sum = Sum::default();
    for (file, least) in MODELS {
        must(&mut project.loom(&project.root, file, &["--no-run"]), "building the models")?;
        let names = names(project, file, least)?;
        match long {
            true => every_interleaving(project, file, &names, &mut sum)?,
            false => three_preemptions(project, file, &names, &mut sum)?,
        }
    }
    let Sum { models, good, bounded, executions } = sum;
    let bounds = match long {
        true => format!("{} explored to their end, {bounded} within a bound", models - bounded),
        false => "at most 3 preemptions each".to_owned(),
    };
    println!("loom models: {models}, {executions} executions; {bounds}");
    Ok(good == models) // each file has some, see `names`
}

/// Returns the names of the models of a file, of which there are so many at least.
fn names(project: &Project, file: &str, least: usize) -> Result<Vec<String>, String> {
    let mut command = project.loom(&project.root, file, &["--", "--list"]);
    let listed = run_tests(&mut command, Duration::from_secs(600))?;
    let names = listed.stdout.lines().filter_map(|line| line.strip_suffix(": test"));
    let names: Vec<String> = names.map(str::to_owned).collect();
    match listed.succeeded() && names.len() >= least {
        true => Ok(names),
        false => Err(format!("{file}: {} models; there are {least} at least", names.len())),
    }
}

fn three_preemptions(
    project: &Project,
    file: &str,
    names: &[String],
    sum: &mut Sum,
) -> Result<(), String> {
    let mut command = project.loom(&project.root, file, &["--", "--show-output"]);
    let output = run_tests(&mut command, Duration::from_secs(600))?;
    let explored = explored(&output.stdout);
    sum.models += names.len();
    sum.executions += explored.values().sum::<u64>();
    let faults = missing(names, &explored);
    if output.succeeded() && passed_tests(&output) == names.len() && faults.is_empty() {
        sum.good += names.len();
    } else {
        println!("{}{}", output.merged, faults.concat());
    }
    Ok(())
}

/// Each model in a run of its own, as long as it takes.
fn every_interleaving(
    project: &Project,
    file: &str,
    names: &[String],
    sum: &mut Sum,
) -> Result<(), String> {
    for name in names {
        let known = BOUNDED.iter().find(|(part, _)| name.contains(part));
        let bounds = known.map_or(SMALLER.to_vec(), |(_, most)| vec![Some(*most)]);
        let mut ok = false;
        for bound in bounds {
            let mut command =
                project.loom(&project.root, file, &["--", "--exact", "--show-output", name]);
            command.env("RUNDOWN_LOOM_LONG", "1");
            let mut how = "to its end".to_owned();
            if let Some(most) = bound {
                command.env("LOOM_MAX_PREEMPTIONS", most.to_string());
                how = format!("at most {most} preemptions");
            }
            let start = Instant::now();
            let output = run_tests(&mut command, MOST)?;
            let seconds = start.elapsed().as_secs();
            let explored = explored(&output.stdout);
            let faults = missing(std::slice::from_ref(name), &explored);
            let explored: u64 = explored.values().sum();
            ok = output.succeeded() && passed_tests(&output) == 1 && faults.is_empty();
            let end = ending(&output);
            println!("  {name}, {how}: {end}, {explored} executions ({seconds} s)");
            if output.status.is_none() {
                continue;
            }
            if !ok {
                println!("{}", output.merged);
            }
            sum.bounded += usize::from(bound.is_some());
            sum.executions += explored;
            break;
        }
        sum.models += 1;
        sum.good += usize::from(ok);
    }
    Ok(())
}

/// Returns how many executions each model says it explored.
fn explored(text: &str) -> BTreeMap<&str, u64> {
    let (mut all, mut model) = (BTreeMap::new(), None);
    for line in text.lines() {
        let heading = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----"));
        model = heading.or(model);
        let count = line.strip_prefix("executions: ").and_then(|count| count.parse::<u64>().ok());
        if let (Some(model), Some(count)) = (model, count) {
            *all.entry(model).or_default() += count;
        }
    }
    all
}

/// Returns a line for each model that explored nothing, or no race, and for each that nobody has promised.
fn missing(names: &[String], explored: &BTreeMap<&str, u64>) -> Vec<String> {
    let unheard = |name: &&&str| !names.iter().any(|known| known == **name);
    let unknown = explored.keys().filter(unheard).map(|name| format!("{name}: not in the list\n"));
    let too_few = names.iter().filter_map(|name| {
        let count = explored.get(name.as_str()).copied().unwrap_or(0);
        (count < FEWEST).then(|| format!("{name}: {count} executions\n"))
    });
    unknown.chain(too_few).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "running 3 tests\n...\nsuccesses:\n\n---- a::plain stdout ----\nexecutions: 3\n\n\
                          ---- b stdout ----\nx executions: 9\nexecutions: 4\nexecutions: 5\n\n\
                          successes:\n    a::plain\n    b\n";

    #[test]
    fn executions_are_those_of_their_model() {
        assert_eq!(explored(OUTPUT), BTreeMap::from([("a::plain", 3), ("b", 9)]));
    }

    #[test]
    fn a_model_that_has_explored_no_race_is_missing() {
        let explored = BTreeMap::from([("a", 3), ("b", 1), ("d", 2)]);
        let names =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            missing(&names(&["a", "b", "c"]), &explored),
            ["d: not in the list\n", "b: 1 executions\n", "c: 0 executions\n"]
        );
        assert!(missing(&names(&["a", "d"]), &BTreeMap::from([("a", 3), ("d", 2)])).is_empty());
    }
}
