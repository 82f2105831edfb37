//! Runs seeds until one fails.

use super::arguments::Tier;
use super::kernel::Kernel;
use super::outcome::{self, Run};
use super::scenario::{Ends, Plan, Scenario, Seeds};
use super::schedule::Schedule;
use runner::exit_error::ExitError;
use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;
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

/// Runs these seeds, and stops when one has failed. Progress goes to standard error.
pub fn through(
    kernel: &Kernel,
    plan: &Plan,
    seeds: RangeInclusive<u64>,
    progress: bool,
) -> Result<Found, ExitError> {
    let started = Instant::now();
    let last = *seeds.end();
    let done = |from: u64, to: u64| {
        if progress {
            let seconds = started.elapsed().as_secs_f64();
            eprintln!("seeds {from} to {to} of {last}: {seconds:.1} s");
        }
    };
    let Runs { seeds, hashes, failed } =
        search(plan, seeds, |list| list_runs(kernel, list, plan.cores), done)?;
    let failure = failed
        .map(|(scenario, run)| failure(plan, kernel.tier(), kernel.schedule(), scenario, run));
    Ok(Found {
        seeds,
        different: hashes.len(),
        cores: plan.cores,
        took: started.elapsed(),
        failure,
    })
}

/// The runs of a search so far.
#[derive(Debug, Default)]
struct Runs {
    seeds: u64,
    hashes: HashSet<String>,
    /// The lowest seed that has failed.
    failed: Option<(Scenario, Run)>,
}

/// Has lists of seeds run, until one has failed. `run` goes through a list in order, up to the first that
/// fails, so when all lists of a part have run no lower seed is left. `done` is told of each part.
fn search(
    plan: &Plan,
    seeds: RangeInclusive<u64>,
    mut run: impl FnMut(&Seeds) -> Result<Vec<Run>, ExitError>,
    done: impl Fn(u64, u64),
) -> Result<Runs, ExitError> {
    let (mut next, last) = seeds.into_inner();
    let mut runs = Runs::default();
    let mut length = FEWEST;
    while next <= last && runs.failed.is_none() {
        let end = last.min(next + length * plan.scenarios.len() as u64 - 1);
        for list in plan.lists(next, end) {
            for run in run(&list)? {
                runs.seeds += 1;
                runs.hashes.extend(run.hash.clone());
                if run.why.is_some() {
                    let both = runs.failed.take().into_iter().chain([(list.scenario, run)]);
                    runs.failed = both.min_by_key(|(_, run)| run.seed);
                }
            }
        }
        done(next, end);
        (next, length) = (end + 1, (length * 2).min(MOST));
    }
    Ok(runs)
}

/// Returns the runs of a list of seeds, up to the first that fails; in one boot if that can be.
fn list_runs(kernel: &Kernel, list: &Seeds, cores: u32) -> Result<Vec<Run>, ExitError> {
    let boot = |list: &Seeds| Ok(outcome::runs(&kernel.boot(list, cores, false)?, list));
    match in_one_boot(list.scenario.ends, kernel.tier()) {
        true => boot(list),
        false => one_by_one(list, boot),
    }
}

/// Returns whether a boot can run several seeds: not if none survives, and the plugin takes one only.
fn in_one_boot(ends: Ends, tier: Tier) -> bool {
    !matches!(ends, Ends::InPanic(_)) && tier == Tier::Icount
}

/// Returns the runs of a list whose seeds are booted one by one, up to the first that fails.
fn one_by_one(
    list: &Seeds,
    mut boot: impl FnMut(&Seeds) -> Result<Vec<Run>, ExitError>,
) -> Result<Vec<Run>, ExitError> {
    let mut runs = Vec::new();
    for first in list.numbers() {
        runs.extend(boot(&Seeds { first, count: 1, ..*list })?);
        if runs.iter().any(|run: &Run| run.why.is_some()) {
            break;
        }
    }
    Ok(runs)
}

fn failure(plan: &Plan, tier: Tier, schedule: Schedule, scenario: Scenario, run: Run) -> Failure {
    let named = if plan.named { format!(" --scenario {}", scenario.name) } else { String::new() };
    let plugin = if tier == Tier::Plugin { " --tier plugin" } else { "" };
    let schedule = schedule.options();
    let options = format!("--seed {} --cores {}{named}{plugin}{schedule}", run.seed, plan.cores);
    let why = run.why.clone().unwrap_or_default();
    Failure { scenario, cores: plan.cores, run, why, options }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::named;

    fn run(seed: u64, good: bool) -> Run {
        let why = (!good).then(|| format!("{seed} fails"));
        Run { seed, hash: Some(seed.to_string()), steps: Some(1), why }
    }

    /// A kernel in which these seeds fail, and what it was asked for.
    fn kernel(fail: &[u64], asked: &mut Vec<Seeds>, list: &Seeds) -> Vec<Run> {
        asked.push(*list);
        let bad = |seed: &u64| fail.contains(seed);
        let good = list.numbers().take_while(|seed| !bad(seed)).map(|seed| run(seed, true));
        good.chain(list.numbers().find(bad).map(|seed| run(seed, false))).collect()
    }

    /// Searches the seeds from `first` to `last`. Returns what was found, and what the kernel was asked for.
    fn found(plan: &Plan, first: u64, last: u64, fail: &[u64]) -> (Runs, Vec<Seeds>) {
        let mut asked = Vec::new();
        let runs = search(plan, first..=last, |list| Ok(kernel(fail, &mut asked, list)), |_, _| ());
        (runs.unwrap(), asked)
    }

    #[test]
    fn a_boot_runs_several_seeds_if_it_survives_them_and_nobody_steps_through_it() {
        let ends = [Ends::Well, Ends::InPanic("")];
        let several =
            [Tier::Icount, Tier::Plugin].map(|tier| ends.map(|ends| in_one_boot(ends, tier)));
        assert_eq!(several, [[true, false], [false, false]]);
    }

    /// Whatever else fails later, on the same scenario or on another, in the same part or in the next one.
    #[test]
    fn the_lowest_seed_that_fails_is_found() {
        let all = Plan::new(None, 4);
        let part = FEWEST * all.scenarios.len() as u64;
        for plan in [all, Plan::new(named("free"), 4)] {
            for lowest in [1, 2, 3, 8, 9, part - 1, part, part + 1, 5 * part, 999, 1000] {
                for more in [1, 2, 7, 8, 9, 16, part] {
                    // In any order, and several at once.
                    let fail = [lowest + 2 * more, lowest, lowest + more, lowest + 3 * more];
                    let (runs, _) = found(&plan, 1, 1000, &fail);
                    let (scenario, run) = runs.failed.expect("one fails");
                    assert_eq!(run.seed, lowest, "{fail:?}");
                    assert_eq!(run.why, Some(format!("{lowest} fails")));
                    assert_eq!(scenario, plan.scenario(lowest));
                }
            }
        }
    }

    #[test]
    fn every_seed_runs_once_when_none_fails() {
        let plan = Plan::new(None, 4);
        for (first, last) in [(1, 1), (1, 7), (1, 1000), (1_000_001, 1_000_333)] {
            let (runs, asked) = found(&plan, first, last, &[first - 1, last + 1]);
            let count = last - first + 1;
            assert_eq!((runs.seeds, runs.hashes.len() as u64), (count, count));
            assert_eq!(runs.failed.map(|(_, run)| run.seed), None);
            let mut seeds: Vec<_> = asked.iter().flat_map(Seeds::numbers).collect();
            seeds.sort_unstable();
            assert_eq!(seeds, (first..=last).collect::<Vec<_>>());
        }
    }

    #[test]
    fn each_part_is_twice_as_long_up_to_the_longest() {
        let (_, asked) = found(&Plan::new(named("free"), 4), 1, 300, &[]);
        let counts: Vec<_> = asked.iter().map(|list| list.count).collect();
        assert_eq!(counts, [4, 8, 16, 32, 64, 100, 76]);
    }

    #[test]
    fn a_hunt_says_how_fast_it_was() {
        let took = Duration::from_secs(15);
        let found = Found { seeds: 30, different: 7, cores: 4, took, failure: None };
        let line =
            "30 seeds on 4 cores: none fails, 7 different schedules, 15.0 s (120 seeds a minute)";
        assert_eq!(found.to_string(), line);
    }

    #[test]
    fn nothing_runs_after_the_part_in_which_a_seed_fails() {
        let plan = Plan::new(None, 4);
        let part = FEWEST * plan.scenarios.len() as u64;
        let (_, asked) = found(&plan, 1, 1000, &[2]);
        assert_eq!(asked.iter().flat_map(Seeds::numbers).max(), Some(part));
    }

    #[test]
    fn seeds_that_are_booted_one_by_one_end_with_the_first_that_fails() {
        let list = Seeds { scenario: named("extra").unwrap(), first: 3, count: 5, apart: 8 };
        let mut asked = Vec::new();
        let runs = one_by_one(&list, |list| Ok(kernel(&[19, 27], &mut asked, list))).unwrap();
        assert_eq!(runs, [run(3, true), run(11, true), run(19, false)]);
        let one = |first| Seeds { first, count: 1, ..list };
        assert_eq!(asked, [one(3), one(11), one(19)]);
        let runs = one_by_one(&list, |list| Ok(kernel(&[], &mut asked, list))).unwrap();
        assert_eq!(runs.len(), 5);
    }

    #[test]
    fn a_replay_asks_for_the_scenario_only_if_the_hunt_did() {
        let drain = named("drain").unwrap();
        let usual = Schedule::default();
        let all = failure(&Plan::new(None, 4), Tier::Icount, usual, drain, run(7, false));
        assert_eq!(all.options, "--seed 7 --cores 4");
        let deep = Schedule { depth: Some(3), ..usual };
        let one = failure(&Plan::new(Some(drain), 2), Tier::Plugin, deep, drain, run(7, false));
        let options = "--seed 7 --cores 2 --scenario drain --tier plugin";
        assert_eq!(one.options, options.to_owned() + &deep.options());
    }
}
