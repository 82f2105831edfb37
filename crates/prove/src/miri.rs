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

/// What runs together: its name, whether that is the races only, and the seeds.
type Part = (&'static str, bool, Range<u32>);
/// The races have a few more seeds than the other tests.
const SHORT: &[Part] = &[("every test", false, 0..1), ("races in a form of each kind", true, 1..5)];
/// With `--long`.
const LONG: &[Part] = &[("every test", false, 0..256)];
/// Seeds between two lines of progress.
const AT_ONCE: u32 = 32;

/// How long Miri may take to print its version.
const SOON: Duration = Duration::from_secs(60);

/// The forms that differ from others only in where they lie: not in the short run of the races.
const ELSEWHERE: [&str; 4] = [
    "cache_aware_of_one_slot",
    "cache_aware_in_the_callers_memory",
    "cache_aware_in_an_allocation",
    "pooled_in_the_callers_memory",
];

/// Runs every test once and the races with a few seeds; `long`: everything with 256.
pub fn run(project: &Project, long: bool) -> Result<bool, String> {
    is_installed()?;
    let races = races(project)?;
    // How long the tests of a binary may take, some seeds at a time: four hours, and a quarter of one.
    let (parts, limit) = if long { (LONG, 14_400) } else { (SHORT, 900) };
    let limit = Duration::from_secs(limit);
    let files = project.sources("tests")?;
    let names = files.iter().filter_map(|file| file.strip_prefix("tests/")?.strip_suffix(".rs"));
    let mut sums = vec![0; parts.len()];
    for target in std::iter::once(None).chain(names.map(Some)) {
        let listed = run_tests(miri(project, "", target, &[]).arg("--list"), limit)?;
        if !listed.succeeded() {
            return Err(format!("no list of tests for {target:?}:\n{}", listed.merged));
        }
        let all: Vec<&str> =
            listed.stdout.lines().filter_map(|line| line.strip_suffix(": test")).collect();
        for (part, sum) in parts.iter().zip(&mut sums) {
            let mut tests = all.clone();
            tests.retain(|test| !part.1 || is_chosen_race(test, &races));
            *sum += tests.len();
            // The harness is interpreted, too: looking for parts of names would cost more than the tests.
            let args = match tests.len() == all.len() {
                true => Vec::new(),
                false => [&["--exact"], &tests[..]].concat(),
            };
            if !tests.is_empty() && !explore(project, part, target, tests.len(), &args, limit)? {
                return Ok(false);
            }
        }
    }
    for ((what, _, seeds), sum) in parts.iter().zip(&sums) {
        println!("miri, {what}: {sum} tests, seeds {} to {}: clean", seeds.start, seeds.end - 1);
    }
    Ok(!sums.contains(&0))
}

/// Returns whether a test is a race, in a form that differs in more than where it lies.
fn is_chosen_race(test: &str, races: &[String]) -> bool {
    let has = |known: &dyn Fn(&str) -> bool| test.split("::").any(known);
    has(&|word| races.iter().any(|race| race == word)) && !has(&|word| ELSEWHERE.contains(&word))
}

/// Runs the tests of one binary, some seeds at a time.
fn explore(
    project: &Project,
    (what, _, seeds): &Part,
    target: Option<&str>,
    count: usize,
    args: &[&str],
    limit: Duration,
) -> Result<bool, String> {
    let name = target.unwrap_or("the crate's own");
    for first in seeds.clone().step_by(AT_ONCE as usize) {
        let last = (first + AT_ONCE).min(seeds.end);
        let start = Instant::now();
        let many = format!("-Zmiri-many-seeds={first}..{last}");
        let output = run_tests(&mut miri(project, &many, target, args), limit)?;
        // Each seed is announced: a run that tried fewer has not shown what it should.
        let tried = output.merged.matches("Trying seed: ").count() as u32;
        let passed = all_passed(&output.stdout, count);
        let seconds = start.elapsed().as_secs();
        println!("  {what}, {name}: {count} tests, seeds {first} to {} ({seconds} s)", last - 1);
        if !output.succeeded() || tried != last - first || passed != tried {
            println!("{}\nmiri, {what}: FAILED, {}", output.merged, ending(&output));
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns for how many seeds all of so many tests passed. Seeds run at once: their lines are mixed up, but what
/// stands here is written in one piece.
fn all_passed(text: &str, tests: usize) -> u32 {
    text.matches(&format!(". {tests} passed; 0 failed;")).count() as u32
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
        let is_chosen = |test| is_chosen_race(test, &races);
        assert!(is_chosen("a_wait::plain") && is_chosen("with_std::a_wait"));
        assert!(!is_chosen("a_wait_alone::plain") && !is_chosen("other::plain"));
        assert!(!is_chosen("a_wait::cache_aware_of_one_slot"));
    }

    #[test]
    fn a_seed_counts_if_all_its_tests_have_passed() {
        let text = "running 2 tests\ntest result: test result: okok. 2 passed; 0 failed; 0 ignored\
                    . 2 passed; 0 failed; 0 ignored\ntest result: FAILED. 1 passed; 1 failed\n";
        assert_eq!((all_passed(text, 2), all_passed(text, 1), all_passed(text, 12)), (2, 0, 0));
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
