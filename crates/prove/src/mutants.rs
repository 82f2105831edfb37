//! Known defects put into the code one at a time: the tests named beside each must fail.
//!
//! Those of the primitive are all in one copy of the crate, and a run of a test chooses one. Those that can't
//! be chosen have a build of their own, and so have those of other crates (`elsewhere`). `cargo-mutants` adds
//! what nobody thought of.

use crate::elsewhere;
use crate::killed::death;
use crate::parallel;
use crate::program::Program;
use crate::project::Project;
use crate::schemata::{Programs, Schemata};
use crate::verdict::passes;
use mutants::mutant::{Mutant, Suite};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long each test takes without a defect.
type Times = BTreeMap<(Suite, String), Duration>;

/// Runs what must notice each defect with that defect.
pub fn run(project: &Project, _long: bool) -> Result<bool, String> {
    let counts = [of_the_primitive(project)?, elsewhere::run(project, &project.only)?];
    let mutants: usize = counts.iter().map(|(mutants, _)| mutants).sum();
    let killed: usize = counts.iter().map(|(_, killed)| killed).sum();
    if mutants == 0 {
        return Err(format!("no mutant's name or file holds {:?}", project.only));
    }
    println!("mutants: {mutants}, killed: {killed}");
    Ok(killed == mutants)
}

/// Returns how many defects of the primitive there are, and how many of them were killed.
fn of_the_primitive(project: &Project) -> Result<(usize, usize), String> {
    let schemata = Schemata::new(project)?;
    let wanted =
        |mutant: &Mutant| [mutant.name, mutant.file].iter().any(|of| of.contains(&project.only));
    let wanted = schemata.mutants.iter().filter(|(_, mutant)| wanted(mutant));
    let numbers: Vec<usize> = wanted.map(|(number, _)| *number).collect();
    let suites = numbers.iter().map(|number| schemata.mutants[number].suite).collect();
    let programs = schemata.programs(&suites)?;
    let times = times(&schemata, &numbers, &programs)?;
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
    Ok((numbers.len(), killed))
}

/// Returns how many builds make the programs of these suites: one on loom's atomics, one on the host.
fn builds(suites: &BTreeSet<Suite>) -> usize {
    let kinds: BTreeSet<bool> = suites.iter().map(|suite| *suite == Suite::Loom).collect();
    kinds.len()
}

/// Runs every test of the list without a defect, where it must pass: a test that always fails kills
/// nothing. Returns how long each takes.
fn times(schemata: &Schemata, numbers: &[usize], programs: &Programs) -> Result<Times, String> {
    let tests = numbers.iter().map(|number| schemata.mutants[number]);
    let tests =
        tests.flat_map(|mutant| mutant.tests().into_iter().map(|test| (mutant.suite, test)));
    let tests: Vec<_> = tests.collect::<BTreeSet<_>>().into_iter().collect();
    let (mut times, mut error) = (Times::new(), None);
    let work = |(suite, test): &(Suite, String)| programs[suite].first_run(test);
    parallel::each(&tests, work, |test, output| match output {
        Ok(output) if passes(&output) => {
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
        match death(&program.run_test(number, &test, time)?, &test) {
            Some(how) => deaths.how = how,
            None => deaths.survived.push(test),
        }
    }
    Ok(deaths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loom_and_the_host_have_a_build_each() {
        let of = |suites: &[Suite]| builds(&suites.iter().copied().collect());
        let (unit, api) = (Suite::Unit, Suite::Host("api"));
        assert_eq!(
            [of(&[]), of(&[unit, api]), of(&[Suite::Loom]), of(&[unit, Suite::Loom])],
            [0, 1, 1, 2]
        );
    }
}
