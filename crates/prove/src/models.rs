//! The models of every race, on loom: all interleavings and all values that a weak memory may return.
//!
//! The short run bounds preemptions at three, the default of the models. The long one has no bound,
//! except for the models in `BOUNDED`, and for one that does not end in `MOST` on the machine at hand.
//! Either way it says which models it bounded, and by how much.

use crate::tree::{End, HOLDERS, PROTOCOL, Tree, must, run as run_tests};
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
pub fn run(tree: &Tree, long: bool) -> Result<bool, String> {
    let mut sum = Sum::default();
    for file in [PROTOCOL, HOLDERS] {
        must(&mut tree.loom(file, &["--no-run"]), "building the models")?;
        match long {
            true => every_interleaving(tree, file, &mut sum)?,
            false => three_preemptions(tree, file, &mut sum)?,
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

fn three_preemptions(tree: &Tree, file: &str, sum: &mut Sum) -> Result<(), String> {
    let mut command = tree.loom(file, &["--", "--show-output"]);
    let outcome = run_tests(&mut command, Duration::from_secs(600))?;
    let passed: usize = outcome.text.lines().filter_map(passed).sum();
    let explored = executions(&outcome.text);
    sum.models += passed.max(1);
    sum.executions += explored;
    if outcome.end == End::Passed && explored >= passed as u64 {
        sum.good += passed;
    } else {
        println!("{}", outcome.text);
    }
    Ok(())
}

/// Each model in a run of its own, as long as it takes.
fn every_interleaving(tree: &Tree, file: &str, sum: &mut Sum) -> Result<(), String> {
    let listed = run_tests(&mut tree.loom(file, &["--", "--list"]), Duration::from_secs(60))?;
    let names = listed.text.lines().filter_map(|line| line.strip_suffix(": test"));
    for name in names {
        let known = BOUNDED.iter().find(|(part, _)| name.contains(part));
        let bounds = known.map_or(SMALLER.to_vec(), |(_, most)| vec![Some(*most)]);
        let mut ok = false;
        for bound in bounds {
            let mut command = tree.loom(file, &["--", "--exact", "--show-output", name]);
            command.env("RUNDOWN_LOOM_LONG", "1");
            let mut how = "to its end".to_owned();
            if let Some(most) = bound {
                command.env("LOOM_MAX_PREEMPTIONS", most.to_string());
                how = format!("at most {most} preemptions");
            }
            let start = Instant::now();
            let outcome = run_tests(&mut command, MOST)?;
            let seconds = start.elapsed().as_secs();
            let ran = outcome.text.lines().filter_map(passed).sum::<usize>() == 1;
            let explored = executions(&outcome.text);
            ok = outcome.end == End::Passed && ran && explored > 0;
            println!("  {name}, {how}: {:?}, {explored} executions ({seconds} s)", outcome.end);
            if outcome.end == End::TimedOut {
                continue;
            }
            if !ok {
                println!("{}", outcome.text);
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

/// Reads "test result: ok. N passed; ...".
fn passed(line: &str) -> Option<usize> {
    line.strip_prefix("test result: ok. ")?.split(' ').next()?.parse().ok()
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
    fn only_a_good_result_counts_as_models() {
        assert_eq!(passed("test result: ok. 51 passed; 0 failed"), Some(51));
        assert_eq!(passed("test result: FAILED. 51 passed; 1 failed"), None);
    }

    #[test]
    fn executions_are_summed() {
        assert_eq!(executions("executions: 3\nx executions: 9\nexecutions: 4\n"), 7);
    }
}
