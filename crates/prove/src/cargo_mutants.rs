//! cargo-mutants over the crates: every mutation that a tool thinks of must fail a test.
//!
//! The tool lists them; they are built and tried here, because all mutations of a package fit into one build
//! as the known bugs do, where the tool has a build for each. Doc tests do not count, so a mutation that only
//! they would notice is one that survives. Orderings are not mutated: `weaken` does that.

mod kernel;
mod list;
mod sum;
mod viable;

use crate::parallel;
use crate::program::Program;
use crate::project::{BUILD_LIMIT, Project, run as run_command};
use list::Mutation;
use runner::process::Output;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use sum::{Fate, Sum};

/// A package, and which tests must notice. What notices the rest is named in the argument that excludes it, in
/// the package's `mutants.toml`.
struct Package {
    name: &'static str,
    folder: &'static str,
    /// The package that has the tests.
    tester: &'static str,
    tests: &'static [&'static str],
    /// Whether each mutation needs a build of its own.
    alone: bool,
}

const fn package(
    name: &'static str,
    folder: &'static str,
    tests: &'static [&'static str],
) -> Package {
    Package { name, folder, tester: name, tests, alone: false }
}

const PACKAGES: [Package; 21] = [
    package("rundown", "crates/rundown", &["--lib", "--tests"]),
    package("parking", "crates/parking", &["--lib", "--tests"]),
    package("board-tree", "crates/board-tree", &["--lib", "--tests"]),
    package("book-links", "crates/book-links", &["--lib"]),
    package("cachescope-pct", "crates/pct", &["--lib"]),
    package("paths", "crates/paths", &["--tests"]),
    package("ladder", "crates/ladder", &["--lib", "--tests"]),
    package("ktap-runner", "crates/runner", &["--lib", "--tests"]),
    package("tools", "crates/tools", &["--lib", "--tests"]),
    package("mutants", "crates/mutants", &["--lib"]),
    package("prove", "crates/prove", &["--bins", "--tests"]),
    // The plugin in a program that takes QEMU's place; boots would take too long.
    package("cachescope", "crates/cachescope", &["--lib", "--test", "versions"]),
    package("replay-page", "crates/replay-page", &["--lib"]),
    package("explore", "crates/explore", &["--lib"]),
    package("rundown-bench", "crates/bench", &["--lib", "--tests"]),
    package("lab", "crates/lab", &["--lib", "--tests"]),
    package("kvm-test", "crates/kvm-test", &["--lib", "--tests"]),
    package("soak", "crates/soak", &["--lib", "--tests"]),
    package("grade", "crates/grade", &["--lib"]),
    package("suite", "crates/suite", &["--lib"]),
    // The C program's test has cargo build the library, for a kernel, too: nothing there can choose.
    Package {
        name: "rundown-capi-routines",
        folder: "crates/rundown-capi/routines",
        tester: "rundown-capi",
        tests: &["--tests"],
        alone: true,
    },
];

/// The kernel's package.
const KERNEL: &str = "rundown-demo";

/// How long a package's tests may take at least before they count as hanging, beside five times their own time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Parts of the names of the tests that take seconds: they are left to what the others have missed.
const LONG: [&str; 2] = ["fuzz::", "a_mutation_passes_only_with_all"];
/// Tests that compare the catalogue of known bugs with all sources: in a copy, those of this tool are others.
const OF_SOURCES: &str = "every_mutant_elsewhere";
/// How many mutations a processor tries at a time: much of the time goes into tests that wait.
const AT_ONCE: usize = 2;

/// Every survivor that is not excluded with an argument in a `mutants.toml` is a failure.
pub fn run(project: &Project, _long: bool) -> Result<bool, String> {
    let wanted = |package: &&Package| project.only.is_empty() || package.name == project.only;
    let wanted: Vec<_> = PACKAGES.iter().filter(wanted).collect();
    let kernel = project.only.is_empty() || project.only == KERNEL;
    if wanted.is_empty() && !kernel {
        return Err(format!("no package here is called {:?}", project.only));
    }
    let mut good = Vec::new();
    for package in wanted {
        good.push(of_package(project, package)?.report(package.name));
    }
    if kernel {
        good.push(kernel::run(project)?.report(KERNEL));
    }
    Ok(!good.contains(&false))
}

fn of_package(project: &Project, package: &Package) -> Result<Sum, String> {
    let Package { name, folder, .. } = *package;
    let mutations = list::of(project, name, folder)?;
    let together = if package.alone { BTreeMap::new() } else { mutations.clone() };
    let place = project.keep.join(format!("all-of-{name}"));
    let all = viable::build(project, &place, &together, |root| {
        build(project, root, package, package.tests)
    })?;
    let programs = Program::all(&all.messages, &all.tree.root().join(folder))?;
    let (programs, times) = fastest_first(&programs, &times(&programs)?);
    let mut sum = Sum::new(all.refused.len());
    let numbers = all.numbers(&together);
    let mut error = None;
    parallel::each_of_many(
        AT_ONCE,
        &numbers,
        |number| fate(&programs, &times, *number, &mutations[number]),
        |number, fate| match fate {
            Ok(fate) => sum.count(fate, &mutations[number]),
            Err(what) => error = Some(what),
        },
    );
    error.map_or(Ok(()), Err)?;
    let longest = times.into_iter().reduce(|one, other| [0, 1].map(|at| one[at].max(other[at])));
    let longest = longest.ok_or(format!("{name} has no tests"))?;
    for number in mutations.keys().filter(|number| package.alone || all.alone.contains(number)) {
        match fate_alone(project, package, &mutations[number], longest)? {
            None => sum.refused += 1,
            Some(fate) => sum.count(fate, &mutations[number]),
        }
    }
    Ok(sum)
}

/// Tries a mutation in a build of its own: first with the tests that are built first, then with all. `None`: the
/// compiler refuses it.
fn fate_alone(
    project: &Project,
    package: &Package,
    mutation: &Mutation,
    longest: [Duration; 2],
) -> Result<Option<Fate>, String> {
    let place = project.keep.join(format!("one-of-{}", package.name));
    for last in BTreeSet::from([1, package.tests.len()]) {
        let tests = &package.tests[..last];
        let build = |root: &Path| build(project, root, package, tests);
        let Some((tree, messages)) = viable::build_alone(project, &place, mutation, build)? else {
            return Ok(None);
        };
        let programs = Program::all(&messages, &tree.root().join(package.folder))?;
        match fate(&programs, &vec![longest; programs.len()], 0, mutation)? {
            Fate::Missed => {}
            fate => return Ok(Some(fate)),
        }
    }
    Ok(Some(Fate::Missed))
}

/// Returns programs in the order of their times, with these: most mutations are caught by the first.
fn fastest_first(
    programs: &[Program],
    times: &[[Duration; 2]],
) -> (Vec<Program>, Vec<[Duration; 2]>) {
    let mut both: Vec<_> = programs.iter().cloned().zip(times.iter().copied()).collect();
    both.sort_by_key(|(_, times)| *times);
    both.into_iter().unzip()
}

/// Builds tests of a package in a workspace. Returns whether that went well, and cargo's messages.
fn build(
    project: &Project,
    root: &Path,
    package: &Package,
    tests: &[&str],
) -> Result<(bool, String), String> {
    let Package { name, tester, .. } = *package;
    let mut command =
        project.cargo(root, &["test", "--quiet", "--all-features", "--package", tester]);
    // Errors as JSON, too: they say which mutation they are about.
    command.args(tests).args(["--no-run", "--message-format=json"]);
    // A test of explore finds its own name and line.
    command.args(["--config", "profile.dev.package.explore.debug='limited'"]);
    let output = run_command(&mut command, BUILD_LIMIT)?;
    match output.status {
        None => Err(format!("the tests of {name} are not built in time")),
        Some(status) => Ok((status == 0, output.merged)),
    }
}

/// The two parts of the tests: without those that take long, and these.
fn parts() -> [Vec<&'static str>; 2] {
    let skip = |word| ["--skip", word];
    let first = LONG.into_iter().chain([OF_SOURCES]).flat_map(skip).collect();
    [first, LONG.into_iter().chain(skip(OF_SOURCES)).collect()]
}

/// Returns how long each program takes for each part without a mutation.
fn times(programs: &[Program]) -> Result<Vec<[Duration; 2]>, String> {
    let time = |program: &Program, part: &[&str]| {
        let output = run_part(program, 0, part, 10 * PATIENCE)?;
        match output.succeeded() {
            true => Ok(output.took),
            false => Err(format!("the tests fail as they are:\n{}", output.merged)),
        }
    };
    let times = programs.iter().map(|program| {
        let [first, second] = parts();
        Ok([time(program, &first)?, time(program, &second)?])
    });
    times.collect()
}

fn fate(
    programs: &[Program],
    times: &[[Duration; 2]],
    number: usize,
    mutation: &Mutation,
) -> Result<Fate, String> {
    let [first, second] = parts();
    // Most are caught by the tests beside them, which are few.
    let own = mutation.tests();
    let own = own.as_deref().map(|name| (first.iter().copied().chain([name]).collect(), 0));
    for (part, at) in own.into_iter().chain([(first, 0), (second, 1)]) {
        for (program, times) in programs.iter().zip(times) {
            match run_part(program, number, &part, limit(times[at]))?.status {
                Some(0) => {}
                Some(_) => return Ok(Fate::Caught),
                None => return Ok(Fate::Hangs),
            }
        }
    }
    Ok(Fate::Missed)
}

/// Returns how long tests may take that take so long without a mutation.
fn limit(time: Duration) -> Duration {
    PATIENCE + 5 * time
}

/// Runs a part of a program's tests with a mutation. What hangs need not sleep: the processor's time is limited, too.
fn run_part(
    program: &Program,
    number: usize,
    part: &[&str],
    limit: Duration,
) -> Result<Output, String> {
    run_command(program.run(number, "2", limit.as_secs()).arg("--quiet").args(part), limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_have_some_times_their_own_time() {
        let limits = [0, 4].map(|seconds| limit(Duration::from_secs(seconds)).as_secs());
        assert_eq!(limits, [10, 30]);
    }

    #[test]
    fn long_tests_run_last_and_those_of_sources_never() {
        let [first, second] = parts();
        assert_eq!(first[..4], ["--skip", LONG[0], "--skip", LONG[1]]);
        assert_eq!(second[..2], LONG);
        assert!(
            first.ends_with(&["--skip", OF_SOURCES]) && second.ends_with(&["--skip", OF_SOURCES])
        );
    }
}
