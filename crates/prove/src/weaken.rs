//! Each ordering weakened in turn: loom must object.

use crate::orderings::Weakened;
use crate::parallel;
use crate::program::Program;
use crate::project::{HOLDERS, PARKING, POOL, PROTOCOL, Project, run as run_tests};
use crate::schemata::Schemata;
use crate::verdict::failed_tests;
use runner::process::Output;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long all models of a file may take.
const MOST: Duration = Duration::from_secs(300);

/// Weakens each ordering in turn.
pub fn run(project: &Project, _long: bool) -> Result<bool, String> {
    let schemata = Schemata::new(project)?;
    let mut programs = BTreeMap::new();
    for models in [PROTOCOL, HOLDERS, POOL, PARKING] {
        let program = schemata.models(models)?;
        // Models that fail anyway would catch everything.
        let output = explore(&program, 0, "2")?;
        if !output.succeeded() {
            return Err(format!("{models} does not pass as it is:\n{}", output.merged));
        }
        programs.insert(models, program);
    }
    let numbers: Vec<usize> = schemata.weakened.keys().copied().collect();
    if let Some(number) = numbers.iter().find(|number| !schemata.has(**number)) {
        return Err(format!("{} lies outside of functions", schemata.weakened[number].what));
    }
    // A small bound first: it catches nearly everything in a fraction of the time.
    let work = |number: &usize| {
        let program = &programs[schemata.weakened[number].models];
        let output = explore(program, *number, "2")?;
        if output.succeeded() { explore(program, *number, "3") } else { Ok(output) }
    };
    let (mut caught, mut error) = (0, None);
    parallel::each(&numbers, work, |number, output| {
        let Weakened { file, what, .. } = &schemata.weakened[number];
        match output.map(|output| catchers(&output)) {
            Ok(verdict) => {
                caught += usize::from(verdict.is_some());
                println!("  {file} {what}: {}", verdict.as_deref().unwrap_or("NOT caught"));
            }
            Err(what) => error = Some(what),
        }
    });
    error.map_or(Ok(()), Err)?;
    println!("orderings weakened: {}, caught: {caught}", numbers.len());
    Ok(!numbers.is_empty() && caught == numbers.len())
}

/// Runs all models of a file, one at a time: other orderings are tried on the other processors.
fn explore(program: &Program, number: usize, preemptions: &str) -> Result<Output, String> {
    let mut command = program.run(number, preemptions, MOST.as_secs());
    run_tests(command.args(["--quiet", "--test-threads=1"]), MOST)
}

/// Returns which models caught it, if any did: a run that hangs or dies without a failed model is none.
fn catchers(output: &Output) -> Option<String> {
    let failed = failed_tests(output);
    let first = failed.first().filter(|_| output.status == Some(101))?;
    Some(format!("caught by {} models, first {first}", failed.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::output;

    #[test]
    fn only_a_model_that_fails_catches() {
        let text = "\nfailures:\n\nfailures:\n    race::plain\n    race::two_slots\n\ntest result: FAILED.";
        let of = |status, text| catchers(&output(status, text));
        assert_eq!(of(Some(101), text), Some("caught by 2 models, first race::plain".to_owned()));
        assert_eq!(of(None, text), None);
        assert_eq!(of(Some(134), text), None);
        assert_eq!(of(Some(101), "error: no such option"), None);
        assert_eq!(of(Some(0), "test result: ok. 51 passed"), None);
    }
}
