//! Known defects put into the code one at a time: the tests named beside each must fail.
//!
//! All of them are in one copy of the crate, and a run of a test chooses one. Those that can't be
//! chosen have a build of their own. `cargo-mutants` adds what nobody thought of.

use crate::parallel;
use crate::project::{Project, run as run_tests};
use crate::schemata::{Program, Programs, Schemata};
use crate::verdict::{failed_tests, passed_tests};
use mutants::mutant::{Mutant, Suite};
use runner::process::Output;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long a test may take at least before it counts as hanging, beside twenty times its own time.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much processor time, beside five times its own time: a test that hangs need not sleep.
const PROCESSOR: Duration = Duration::from_secs(2);
/// The exit status of a test that has used it up: it died by SIGXCPU.
const USED_UP: i32 = 128 + 24;

/// How long each test takes without a defect.
type Times = BTreeMap<(Suite, String), Duration>;

/// Runs the tests of each defect with that defect.
pub fn run(project: &Project, _long: bool) -> Result<bool, String> {
    let schemata = Schemata::new(project)?;
    let numbers: Vec<usize> = schemata.mutants.keys().copied().collect();
    let suites = schemata.mutants.values().map(|mutant| mutant.suite).collect();
    let programs = schemata.programs(&suites)?;
    let times = times(&schemata, &programs)?;
    let mut alone = BTreeMap::new();
    for number in numbers.iter().filter(|number| !schemata.has(**number)) {
        alone.insert(*number, schemata.program_alone(*number)?);
    }
    let work = |number: &usize| {
        let mutant = schemata.mutants[number];
        match alone.get(number) {
            Some(program) => deaths(mutant, program, 0, &times),
            None => deaths(mutant, &programs[&mutant.suite], *number, &times),
        }
    };
    let (mut killed, mut error) = (0, None);
    parallel::each(&numbers, work, |number, deaths| {
        let Mutant { name, test, .. } = schemata.mutants[number];
        match deaths {
            Ok(Deaths { how, survived }) if survived.is_empty() => {
                killed += 1;
                println!("  {name}: killed{how} by {test}");
            }
            Ok(Deaths { survived, .. }) => {
                println!("  {name}: SURVIVED {}", survived.join(" and "));
            }
            Err(what) => error = Some(what),
        }
    });
    error.map_or(Ok(()), Err)?;
    println!("builds: {}, of them for one mutant: {}", builds(&suites) + alone.len(), alone.len());
    println!("mutants: {}, killed: {killed}", numbers.len());
    Ok(killed == numbers.len() && killed > 0)
}

/// Returns how many builds make the programs of these suites: one on loom's atomics, one on the host.
fn builds(suites: &BTreeSet<Suite>) -> usize {
    let kinds: BTreeSet<bool> = suites.iter().map(|suite| *suite == Suite::Loom).collect();
    kinds.len()
}

/// Runs every test of the list without a defect, where it must pass: a test that always fails kills
/// nothing. Returns how long each takes.
fn times(schemata: &Schemata, programs: &Programs) -> Result<Times, String> {
    let tests = schemata.mutants.values();
    let tests =
        tests.flat_map(|mutant| mutant.tests().into_iter().map(|test| (mutant.suite, test)));
    let tests: Vec<_> = tests.collect::<BTreeSet<_>>().into_iter().collect();
    let (mut times, mut error) = (Times::new(), None);
    let work = |(suite, test): &(Suite, String)| run_test(&programs[suite], 0, test, 3 * PROCESSOR);
    parallel::each(&tests, work, |test, output| match output {
        Ok(output) if output.succeeded() && passed_tests(&output) > 0 => {
            times.insert(test.clone(), output.took);
        }
        Ok(output) => {
            error = Some(format!("{} does not pass as it is:\n{}", test.1, output.merged));
        }
        Err(what) => error = Some(what),
    });
    error.map_or(Ok(times), Err)
}

/// What became of a defect: how its tests failed, and which did not.
struct Deaths {
    how: &'static str,
    survived: Vec<String>,
}

fn deaths(
    mutant: &Mutant,
    program: &Program,
    number: usize,
    times: &Times,
) -> Result<Deaths, String> {
    let mut deaths = Deaths { how: "", survived: Vec::new() };
    for test in mutant.tests() {
        let time = times[&(mutant.suite, test.clone())];
        match death(&run_test(program, number, &test, time)?, &test) {
            Some(how) => deaths.how = how,
            None => deaths.survived.push(test),
        }
    }
    Ok(deaths)
}

/// Runs a test that takes about `time` without a defect.
fn run_test(
    program: &Program,
    number: usize,
    test: &str,
    time: Duration,
) -> Result<Output, String> {
    let processor = (PROCESSOR + 5 * time).as_secs() + 1;
    run_tests(program.run(number, "2", processor).arg(test), PATIENCE + 20 * time)
}

/// Returns how the only test that ran failed, if it did.
fn death(output: &Output, test: &str) -> Option<&'static str> {
    let failed = failed_tests(output);
    match output.status {
        Some(101) if failed.iter().any(|name| name.contains(test)) => Some(""),
        Some(USED_UP) => Some(" (it hangs)"),
        // By a write to memory that can't be written, for instance.
        Some(129..) => Some(" (by a signal)"),
        // A wait that never returns is one of the defects; some sleep.
        None if output.stdout.contains("running ") => Some(" (it hangs)"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::output;

    #[test]
    fn only_the_named_test_kills() {
        let text = "\nfailures:\n    that_one::plain\n\ntest result: FAILED.";
        let of = |status, text: &str| death(&output(status, text), "that_one::plain");
        assert_eq!(of(Some(101), text), Some(""));
        assert_eq!(of(Some(101), &text.replace("that_one", "another")), None);
        assert_eq!(of(Some(1), text), None);
        assert_eq!(of(None, "running 1 test\n"), Some(" (it hangs)"));
        assert_eq!(of(None, ""), None);
        assert_eq!(of(Some(152), "running 1 test\n"), Some(" (it hangs)"));
        assert_eq!(of(Some(139), "running 1 test\n"), Some(" (by a signal)"));
        assert_eq!(of(Some(0), "test result: ok. 1 passed"), None);
    }
}
