//! The models of every race, on loom: all interleavings and all values that a weak memory may return.
//!
//! The short run bounds preemptions at three, the default of the models. The long one has no bound,
//! except for the models below, which did not end within ten minutes of a processor without one.

use crate::tree::{End, Tree, must, run as run_tests};
use std::time::{Duration, Instant};

/// Models with a bound on preemptions in the long run, too: part of the name, and the bound.
const BOUNDED: [(&str, u32); 1] = [("a_wait_that_overlaps_a_reinitialize_is_woken", 5)];

/// Runs all models on the code as it is.
pub fn run(tree: &Tree, long: bool) -> Result<bool, String> {
    must(&mut tree.loom(&["--no-run"]), "building the models")?;
    if long { every_interleaving(tree) } else { bounded(tree) }
}

fn bounded(tree: &Tree) -> Result<bool, String> {
    let mut command = tree.loom(&["--", "--show-output"]);
    let outcome = run_tests(&mut command, Duration::from_secs(600))?;
    let good = outcome.end == End::Passed;
    if !good {
        println!("{}", outcome.text);
    }
    let models: u64 = outcome.text.lines().filter_map(passed).sum();
    let executions = executions(&outcome.text);
    println!("loom models: {models}, {executions} executions, at most 3 preemptions each");
    Ok(good && models > 0 && executions >= models)
}

/// Each model in a run of its own, as long as it takes.
fn every_interleaving(tree: &Tree) -> Result<bool, String> {
    let listed = run_tests(&mut tree.loom(&["--", "--list"]), Duration::from_secs(60))?;
    let names: Vec<&str> =
        listed.text.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    for (name, _) in BOUNDED {
        if !names.iter().any(|model| model.contains(name)) {
            return Err(format!("there is no model {name}, which has a bound"));
        }
    }
    let (mut good, mut bounded, mut total) = (0, 0, 0);
    for name in &names {
        let mut command = tree.loom(&["--", "--exact", "--show-output", name]);
        command.env("RUNDOWN_LOOM_LONG", "1");
        let bound = BOUNDED.iter().find(|(part, _)| name.contains(part));
        if let Some((_, most)) = bound {
            command.env("LOOM_MAX_PREEMPTIONS", most.to_string());
        }
        let start = Instant::now();
        let outcome = run_tests(&mut command, Duration::from_secs(3600))?;
        let ran = outcome.text.lines().filter_map(passed).sum::<u64>() == 1;
        let executions = executions(&outcome.text);
        let verdict = match outcome.end {
            End::Passed if ran && executions > 0 => "ok",
            End::TimedOut => "DID NOT END within an hour",
            _ => "FAILED",
        };
        good += usize::from(verdict == "ok");
        bounded += usize::from(bound.is_some());
        total += executions;
        let how =
            bound.map_or("all".to_owned(), |(_, most)| format!("at most {most} preemptions:"));
        println!(
            "  {name}: {how} {executions} executions, {verdict} ({} s)",
            start.elapsed().as_secs()
        );
        if verdict == "FAILED" {
            println!("{}", outcome.text);
        }
    }
    println!(
        "loom models: {}, {total} executions; {bounded} with a bound on preemptions",
        names.len()
    );
    Ok(good == names.len() && good > 0)
}

/// Reads "test result: ok. N passed; ...".
fn passed(line: &str) -> Option<u64> {
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
