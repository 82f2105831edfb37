//! Runs everything that is measured, one boot after the other, and tells how far it is.

use super::arguments::Arguments;
use super::data::is_counted;
use super::machine::{self, Counting, LINE, Machine};
use super::progress::Progress;
use super::steps::{self, Replay};
use super::{conditions, counts};
use ladder::{About, VARIANTS};
use runner::exit_error::{ExitError, FAILED};
use tools::cargo;
use tools::measure::Measurement;

/// How often all that is timed is measured; fewer with `--quick`.
const ROUNDS: u32 = 9;
const QUICK_ROUNDS: u32 = 3;
/// What two of the steps are called.
const BUILD: &str = "building the kernel and the plugin";
const REPLAY: &str = "the replay, step by step";
/// Pairs of all cores together where lines are counted, and the fewest and most that a core does. The
/// plugin lets one core at a time take one step, so a pair of 64 cores takes milliseconds. The numbers
/// do not depend on `--quick`: what is exact is the same in every run.
const PAIRS: u32 = 800;
const FEWEST: u32 = 4;
const MOST: u32 = 100;

/// Measures, and makes the replay. The first measurement tells the conditions.
pub fn measure(arguments: &Arguments) -> Result<(Vec<Measurement>, Replay), ExitError> {
    let root = cargo::root("scripts/lab")?;
    let settings = machine::settings()?;
    let rounds = if arguments.quick { QUICK_ROUNDS } else { ROUNDS };
    let mut found = vec![conditions::measurement(&settings, rounds, arguments.quick)?];

    let mut progress = Progress::new(4 + 2 * arguments.cores.len());
    let machine = progress.step(BUILD, || Machine::build(&root, settings))?;
    let most = arguments.most();
    let what = format!("the ladder and the drain, timed, up to {most} cores, {rounds} rounds");
    found.extend(progress.step(&what, || machine.time(&arguments.cores, rounds))?);
    found.extend(progress.step("instructions, counted", || machine.instructions())?);
    for &cores in &arguments.cores {
        let counted = coherence(&machine, &mut progress, cores)?;
        // An object that was drained on a smaller machine is drained on this one too.
        let drains = |object: &Measurement| object["name"] == "coherence_drain";
        found.extend(counted.into_iter().filter(|object| cores == most || !drains(object)));
    }
    Ok((found, progress.step(REPLAY, || steps::replay(&machine))?))
}

/// Makes nothing but the replay.
pub fn replay() -> Result<Replay, ExitError> {
    let root = cargo::root("scripts/lab")?;
    let settings = machine::settings()?;
    let mut progress = Progress::new(2);
    let machine = progress.step(BUILD, || Machine::build(&root, settings))?;
    progress.step(REPLAY, || steps::replay(&machine))
}

/// Counts twice: the second run must be the first, number by number.
fn coherence(
    machine: &Machine,
    progress: &mut Progress,
    cores: u32,
) -> Result<Vec<Measurement>, ExitError> {
    let all: Vec<_> = VARIANTS.iter().collect();
    let how = counting(cores);
    let first = count(machine, progress, &all, cores, how, ", first time")?;
    let second = count(machine, progress, &all, cores, how, ", second time")?;
    match difference(&first, &second) {
        None => Ok(first),
        Some(what) => {
            Err(ExitError::new(FAILED, format!("two runs on {cores} cores differ: {what}")))
        }
    }
}

/// Returns how lines are counted on so many cores, if nothing else is said.
pub fn counting(cores: u32) -> Counting {
    Counting { pairs: (PAIRS / cores).clamp(FEWEST, MOST), line: LINE }
}

/// Counts, with so many cores, what can be counted with them of these variants.
pub fn count(
    machine: &Machine,
    progress: &mut Progress,
    variants: &[&About],
    cores: u32,
    how: Counting,
    time: &str,
) -> Result<Vec<Measurement>, ExitError> {
    let counted = variants.iter().filter(|about| is_counted(about, cores));
    let names: Vec<&str> = counted.map(|about| about.name).collect();
    let several = if cores == 1 { "" } else { "s" };
    let what = format!("coherence, counted, {cores} core{several}{time}");
    let counted = progress.step(&what, || machine.coherence(cores, &names, how, false))?;
    counts::measurements(&counted.results, how.pairs.into())
}

/// The first object that is not the same in both.
fn difference(first: &[Measurement], second: &[Measurement]) -> Option<String> {
    let shown = |object: Option<&Measurement>| {
        object.map_or("nothing".to_owned(), |object| serde_json::json!(object).to_string())
    };
    let most = first.len().max(second.len());
    let differs = (0..most).find(|&index| first.get(index) != second.get(index))?;
    Some(format!("{} and {}", shown(first.get(differs)), shown(second.get(differs))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn two_runs_that_differ_are_told_apart() {
        let first = sample::objects();
        assert_eq!(difference(&first, &first), None);
        let mut second = first.clone();
        second[3].insert("cores".to_owned(), 77.into());
        assert!(difference(&first, &second).unwrap().contains("\"cores\":77"));
        second = first[..first.len() - 1].to_vec();
        assert!(difference(&first, &second).unwrap().ends_with(" and nothing"));
    }
}
