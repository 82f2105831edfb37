//! The models of every race, on loom: all interleavings and all values that a weak memory may return.
//!
//! The short run bounds preemptions at three, the default of the models. The long one has no bound,
//! except for the models below, which did not end within ten minutes of a processor without one.

use crate::tree::{End, HOLDERS, PROTOCOL, Tree, must, run as run_tests};
use std::time::{Duration, Instant};

/// Models with a bound on preemptions in the long run, too: part of the name, and the bound.
const BOUNDED: [(&str, u32); 1] = [("a_wait_that_overlaps_a_reinitialize_is_woken", 5)];

/// How long one model may take.
const MOST: Duration = Duration::from_secs(3600);

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
        let mut command = tree.loom(file, &["--", "--exact", "--show-output", name]);
        command.env("RUNDOWN_LOOM_LONG", "1");
        let bound = BOUNDED.iter().find(|(part, _)| name.contains(part));
        if let Some((_, most)) = bound {
            command.env("LOOM_MAX_PREEMPTIONS", most.to_string());
        }
        let start = Instant::now();
        let outcome = run_tests(&mut command, MOST)?;
        let ran = outcome.text.lines().filter_map(passed).sum::<usize>() == 1;
        let explored = executions(&outcome.text);
        let verdict = match outcome.end {
            End::Passed if ran && explored > 0 => "ok",
            End::TimedOut => "DID NOT END within an hour",
            _ => "FAILED",
        };
        let how =
            bound.map_or("all".to_owned(), |(_, most)| format!("at most {most} preemptions:"));
        let seconds = start.elapsed().as_secs();
        println!("  {name}: {how} {explored} executions, {verdict} ({seconds} s)");
        if verdict == "FAILED" {
            println!("{}", outcome.text);
        }
        sum.models += 1;
        sum.good += usize::from(verdict == "ok");
        sum.bounded += usize::from(bound.is_some());
        sum.executions += explored;
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
