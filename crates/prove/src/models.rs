//! The models of every race, on loom: all interleavings and all values that a weak memory may return.
//!
//! The short run bounds preemptions at three, the default of the models. The long one has no bound,
//! except for the models in `BOUNDED`, and for one that does not end in `MOST` on the machine at hand.
//! Either way it says which models it bounded, and by how much.

use crate::project::{HOLDERS, PROTOCOL, Project, must, run as run_tests};
use crate::verdict::{ending, passed_tests};
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
    for file in [PROTOCOL, HOLDERS] {
        must(&mut project.loom(&project.root, file, &["--no-run"]), "building the models")?;
        match long {
            true => every_interleaving(project, file, &mut sum)?,
            false => three_preemptions(project, file, &mut sum)?,
        }
    }
    let Sum { models, good, bounded, executions } = sum;
    let bounds = match long {
        true => format!("{} explored to their end, {bounded} within a bound", models - bounded),
        false => "at most 3 preemptions each".to_owned(),
    };
    println!("loom models: {models}, {executions} executions; {bounds}");
    Ok(models > 0 && good == models)
}

fn three_preemptions(project: &Project, file: &str, sum: &mut Sum) -> Result<(), String> {
    let mut command = project.loom(&project.root, file, &["--", "--show-output"]);
    let output = run_tests(&mut command, Duration::from_secs(600))?;
    let passed = passed_tests(&output);
    let explored = executions(&output.stdout);
    sum.models += passed.max(1);
    sum.executions += explored;
    if output.succeeded() && explored >= passed as u64 {
        sum.good += passed;
    } else {
        println!("{}", output.merged);
    }
    Ok(())
}

/// Each model in a run of its own, as long as it takes.
fn every_interleaving(project: &Project, file: &str, sum: &mut Sum) -> Result<(), String> {
    let listed = run_tests(
        &mut project.loom(&project.root, file, &["--", "--list"]),
        Duration::from_secs(60),
    )?;
    let names = listed.stdout.lines().filter_map(|line| line.strip_suffix(": test"));
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
            let explored = executions(&output.stdout);
            ok = output.succeeded() && passed_tests(&output) == 1 && explored > 0;
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

/// Adds up the executions that the models say they explored.
fn executions(text: &str) -> u64 {
    let counts = text.lines().filter_map(|line| line.strip_prefix("executions: "));
    counts.filter_map(|count| count.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_are_summed() {
        assert_eq!(executions("executions: 3\nx executions: 9\nexecutions: 4\n"), 7);
    }
}
