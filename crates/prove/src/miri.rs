//! The host tests under Miri: data races, dangling references, leaks, strict provenance.
//!
//! A seed decides who runs next, how old a value a weak load returns, and where memory lies. The
//! tests that start threads are therefore worth more seeds than the others; which those are is read
//! from their source.

use crate::project::{Project, run as run_tests};
use crate::verdict::ending;
use std::ops::Range;
use std::process::Command;
use std::time::{Duration, Instant};

/// Seeds of every test with `--long`.
const LONG: u32 = 256;
/// Seeds of the races without it; other tests have the first of them.
const SHORT: u32 = 8;
/// Seeds between two lines of progress.
const AT_ONCE: u32 = 32;

/// How long Miri may take to print its version.
const SOON: Duration = Duration::from_secs(60);

/// The forms that differ from others only in where they lie: not in the short run of the races.
const ELSEWHERE: [&str; 3] = [
    "cache_aware_of_one_slot",
    "cache_aware_in_the_callers_memory",
    "cache_aware_in_an_allocation",
];

/// What runs together: which tests, with which seeds, and how long some of them may take.
struct Part<'a> {
    what: &'static str,
    chosen: &'a dyn Fn(&str) -> bool,
    seeds: Range<u32>,
    limit: Duration,
}

/// The tests of one binary that are chosen: of a file of `tests/`, or of the crate itself.
struct Chosen<'a> {
    target: Option<&'a str>,
    count: usize,
    /// What the harness is told, so that it runs these.
    args: Vec<&'a str>,
}

/// Runs every test once and the races with a few seeds; `long`: everything with 256.
pub fn run(project: &Project, long: bool) -> Result<bool, String> {
    is_installed()?;
    let races = races(project)?;
    let every = |_: &str| true;
    let some = |test: &str| is_race(test, &races) && !test.split("::").any(elsewhere);
    let limit = Duration::from_secs(if long { 4 * 3600 } else { 900 });
    let part = |what, chosen, seeds| Part { what, chosen, seeds, limit };
    let parts = if long {
        vec![part("every test", &every as &dyn Fn(&str) -> bool, 0..LONG)]
    } else {
        vec![part("every test", &every, 0..1), part("races in three forms", &some, 1..SHORT)]
    };
    check(project, &parts)
}

fn is_race(test: &str, races: &[String]) -> bool {
    test.split("::").any(|word| races.iter().any(|race| race == word))
}

fn elsewhere(word: &str) -> bool {
    ELSEWHERE.contains(&word)
}

/// Runs the parts, a test binary after the other, up to the first failure.
fn check(project: &Project, parts: &[Part]) -> Result<bool, String> {
    let files = project.sources("tests")?;
    let names = files.iter().filter_map(|file| file.strip_prefix("tests/")?.strip_suffix(".rs"));
    let mut sums = vec![0; parts.len()];
    for target in std::iter::once(None).chain(names.map(Some)) {
        let listed = run_tests(miri(project, "", target, &[]).arg("--list"), parts[0].limit)?;
        if !listed.succeeded() {
            return Err(format!("no list of tests for {target:?}:\n{}", listed.merged));
        }
        let all: Vec<&str> =
            listed.stdout.lines().filter_map(|line| line.strip_suffix(": test")).collect();
        for (part, sum) in parts.iter().zip(&mut sums) {
            let tests = choose(target, &all, part.chosen);
            if tests.count > 0 && !explore(project, part, &tests)? {
                return Ok(false);
            }
            *sum += tests.count;
        }
    }
    for (Part { what, seeds, .. }, sum) in parts.iter().zip(&sums) {
        println!("miri, {what}: {sum} tests, seeds {} to {}: clean", seeds.start, seeds.end - 1);
    }
    Ok(!sums.contains(&0))
}

fn choose<'a>(
    target: Option<&'a str>,
    all: &[&'a str],
    chosen: &dyn Fn(&str) -> bool,
) -> Chosen<'a> {
    let some: Vec<&str> = all.iter().copied().filter(|test| chosen(test)).collect();
    let count = some.len();
    // The harness is interpreted, too: looking for parts of names would cost more than the tests.
    let args = if count < all.len() { [vec!["--exact"], some].concat() } else { Vec::new() };
    Chosen { target, count, args }
}

/// Runs the tests of one binary, some seeds at a time.
fn explore(project: &Project, part: &Part, tests: &Chosen) -> Result<bool, String> {
    let Part { what, seeds, limit, .. } = part;
    let (name, count) = (tests.target.unwrap_or("the crate's own"), tests.count);
    for first in seeds.clone().step_by(AT_ONCE as usize) {
        let last = (first + AT_ONCE).min(seeds.end);
        let start = Instant::now();
        let many = format!("-Zmiri-many-seeds={first}..{last}");
        let output = run_tests(&mut miri(project, &many, tests.target, &tests.args), *limit)?;
        // Each seed is announced: a run that tried fewer has not shown what it should.
        let tried = output.merged.matches("Trying seed: ").count() as u32;
        let seconds = start.elapsed().as_secs();
        println!("  {what}, {name}: {count} tests, seeds {first} to {} ({seconds} s)", last - 1);
        if !output.succeeded() || tried != last - first {
            println!("{}\nmiri, {what}: FAILED, {}", output.merged, ending(&output));
            return Ok(false);
        }
    }
    Ok(true)
}

/// Prepares a run of the tests that `args` choose, of a file of `tests/` or of the crate itself. Leak
/// checks stay on, and so does isolation: no test needs the host.
fn miri(project: &Project, flags: &str, target: Option<&str>, args: &[&str]) -> Command {
    let mut command =
        project.cargo(&project.root, &[&nightly(), "miri", "test", "--quiet", "--all-features"]);
    match target {
        Some(name) => command.args(["--test", name]),
        None => command.arg("--lib"),
    };
    command.arg("--").args(args);
    command.env("MIRIFLAGS", format!("-Zmiri-strict-provenance {flags}"));
    command
}

/// Returns the names of the tests that start threads.
fn races(project: &Project) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for file in project.sources("src")?.into_iter().chain(project.sources("tests")?) {
        if !file.starts_with("tests/loom") {
            names.extend(races_in(&project.source(&file)?));
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Returns the names of the functions of a file that start threads. Those of a test's own stand deeper than tests.
fn races_in(source: &str) -> Vec<String> {
    let (mut names, mut function) = (Vec::new(), "");
    for line in source.lines() {
        let code = line.trim_start();
        if let Some(name) = code.strip_prefix("fn ").filter(|_| line.len() - code.len() <= 4) {
            function = name.split(['(', '<']).next().unwrap_or(name);
        }
        if code.contains("spawn(") && names.last().is_none_or(|last| last != function) {
            names.push(function.to_owned());
        }
    }
    names
}

/// Returns what has cargo use the nightly toolchain that `scripts/setup --tests` installs.
fn nightly() -> String {
    format!("+{}", include_str!("../../../scripts/miri-toolchain").trim_end())
}

/// Returns an error that says what to do if Miri is missing.
fn is_installed() -> Result<(), String> {
    let mut command = Command::new("cargo");
    let output = run_tests(command.args([&nightly(), "miri", "--version"]), SOON);
    match output.is_ok_and(|output| output.succeeded()) {
        true => Ok(()),
        false => Err(format!("cargo {} miri is missing; run scripts/setup --tests", nightly())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_race_is_known_by_its_function_in_any_form() {
        let races = ["a_wait".to_owned()];
        assert!(is_race("a_wait::plain", &races) && is_race("with_std::a_wait", &races));
        assert!(!is_race("a_wait_alone::plain", &races) && !is_race("other::plain", &races));
    }

    #[test]
    fn a_test_that_starts_threads_is_a_race() {
        let source = "fn alone() {\n    fn inner() {}\n}\n    fn in_a_macro(object) {\n        \
                      impl Drop for X {\n            fn drop(&mut self) {}\n        }\n        \
                      threads.spawn(|| 1);\n        threads.spawn(|| 2);\n    }\n\
                      fn with_thread<T>() {\n    thread::spawn(f)\n}\n";
        assert_eq!(races_in(source), ["in_a_macro", "with_thread"]);
    }
}
