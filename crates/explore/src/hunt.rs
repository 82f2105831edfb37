//! Runs seeds until one fails.

use super::arguments::Tier;
use super::kernel::Kernel;
use super::outcome::{self, Run};
use super::scenario::{Ends, Plan, Scenario, Seeds};
use runner::exit_error::ExitError;
use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, Instant};

/// Seeds of each scenario between two looks whether one has failed: few at first, as a bad bug shows
/// at once, then more, as each boot costs as much as 20 seeds.
const FEWEST: u64 = 4;
const MOST: u64 = 100;

/// A seed that fails.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its scenario.
    pub scenario: Scenario,
    /// Cores of the machine.
    pub cores: u32,
    /// The seed and its hash.
    pub run: Run,
    /// What went wrong.
    pub why: String,
    /// The options that replay it.
    pub options: String,
}

/// What came of a hunt.
#[derive(Clone, Debug)]
pub struct Found {
    /// How many seeds were run.
    pub seeds: u64,
    different: usize,
    cores: u32,
    took: Duration,
    /// The lowest seed that fails, if one does.
    pub failure: Option<Failure>,
}

impl fmt::Display for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Found { seeds, different, cores, took, failure } = self;
        let seconds = took.as_secs_f64();
        let a_minute = *seeds as f64 * 60.0 / seconds.max(0.001);
        let failed = if failure.is_some() { "a seed fails" } else { "none fails" };
        write!(
            out,
            "{seeds} seeds on {cores} cores: {failed}, {different} different schedules, \
             {seconds:.1} s ({a_minute:.0} seeds a minute)"
        )
    }
}

/// Runs the seeds 1 to `last`, and stops when one has failed. Progress goes to standard error.
pub fn through(
    kernel: &Kernel,
    plan: &Plan,
    last: u64,
    progress: bool,
) -> Result<Found, ExitError> {
    let started = Instant::now();
    let (mut seeds, mut hashes) = (0, HashSet::new());
    let mut failed: Option<(Scenario, Run)> = None;
    let (mut next, mut length) = (1, FEWEST);
    while next <= last && failed.is_none() {
        let end = last.min(next + length * plan.scenarios.len() as u64 - 1);
        for list in plan.lists(next, end) {
            for run in list_runs(kernel, &list, plan.cores)? {
                seeds += 1;
                hashes.extend(run.hash.clone());
                let lower = failed.as_ref().is_none_or(|(_, lowest)| run.seed < lowest.seed);
                if run.why.is_some() && lower {
                    failed = Some((list.scenario, run));
                }
            }
        }
        if progress {
            let seconds = started.elapsed().as_secs_f64();
            eprintln!("seeds {next} to {end} of {last}: {seconds:.1} s");
        }
        (next, length) = (end + 1, (length * 2).min(MOST));
    }
    let failure = failed.map(|(scenario, run)| failure(plan, kernel.tier(), scenario, run));
    Ok(Found {
        seeds,
        different: hashes.len(),
        cores: plan.cores,
        took: started.elapsed(),
        failure,
    })
}

/// Returns the runs of a list of seeds, up to the first that fails; in one boot if that can be.
fn list_runs(kernel: &Kernel, list: &Seeds, cores: u32) -> Result<Vec<Run>, ExitError> {
    if !matches!(list.scenario.ends, Ends::InPanic(_)) && kernel.tier() == Tier::Icount {
        let output = kernel.boot(list, cores, false)?;
        return complete(list, outcome::runs(&output, list.scenario.ends));
    }
    // A boot for each: none survives, or the plugin takes one seed only.
    let mut runs = Vec::new();
    for number in 0..list.count {
        let first = list.first + number * list.apart;
        let one = Seeds { first, count: 1, ..*list };
        let output = kernel.boot(&one, cores, false)?;
        runs.extend(complete(&one, outcome::runs(&output, list.scenario.ends))?);
        if runs.iter().any(|run| run.why.is_some()) {
            break;
        }
    }
    Ok(runs)
}

/// Makes sure that each seed has had its run, in order, or that one has failed.
fn complete(list: &Seeds, mut runs: Vec<Run>) -> Result<Vec<Run>, ExitError> {
    let expected = (0..list.count).map(|number| list.first + number * list.apart);
    let in_order = runs.iter().map(|run| run.seed).eq(expected.take(runs.len()));
    let failed = runs.iter().any(|run| run.why.is_some());
    if in_order && (failed || runs.len() as u64 == list.count) {
        return Ok(runs);
    }
    // Fail closed, with the first seed that has no verdict.
    let seed = list.first + runs.len() as u64 * list.apart;
    let why = Some("the kernel ended before this seed".to_owned());
    runs.push(Run { seed, hash: None, why });
    Ok(runs)
}

fn failure(plan: &Plan, tier: Tier, scenario: Scenario, run: Run) -> Failure {
    let named = if plan.named { format!(" --scenario {}", scenario.name) } else { String::new() };
    let plugin = if tier == Tier::Plugin { " --tier plugin" } else { "" };
    let options = format!("--seed {} --cores {}{named}{plugin}", run.seed, plan.cores);
    let why = run.why.clone().unwrap_or_default();
    Failure { scenario, cores: plan.cores, run, why, options }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::named;

    fn list(count: u64) -> Seeds {
        Seeds { scenario: named("drain").unwrap(), first: 2, count, apart: 3 }
    }

    fn run(seed: u64, good: bool) -> Run {
        Run { seed, hash: None, why: (!good).then(|| "x".to_owned()) }
    }

    #[test]
    fn a_list_is_complete_or_ends_with_a_failure() {
        let all = vec![run(2, true), run(5, true)];
        assert_eq!(complete(&list(2), all.clone()).unwrap(), all);
        let short = vec![run(2, true), run(5, false)];
        assert_eq!(complete(&list(9), short.clone()).unwrap(), short);
    }

    #[test]
    fn a_list_that_is_cut_off_or_mixed_up_fails() {
        for runs in [vec![], vec![run(2, true)], vec![run(2, true), run(8, true), run(5, true)]] {
            let completed = complete(&list(3), runs).unwrap();
            assert!(completed.last().unwrap().why.is_some());
        }
    }

    #[test]
    fn a_replay_asks_for_the_scenario_only_if_the_hunt_did() {
        let drain = named("drain").unwrap();
        let all = failure(&Plan::new(None, 4), Tier::Icount, drain, run(7, false));
        assert_eq!(all.options, "--seed 7 --cores 4");
        let one = failure(&Plan::new(Some(drain), 2), Tier::Plugin, drain, run(7, false));
        assert_eq!(one.options, "--seed 7 --cores 2 --scenario drain --tier plugin");
    }
}
