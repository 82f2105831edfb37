//! Counts what really ran, from what the tests printed.

use std::process::Command;

use runner::ktap::Line;
use runner::process::Output;

use crate::step::Outcome;

/// Returns what came of a command that runs tests; one that fails without a failed test fails, too, and so
/// does one that runs fewer than `least`.
pub fn outcome(output: &Output, command: &Command, least: u64) -> Outcome {
    let (passed, failed) = tests(&output.merged);
    let mut failed = failed.max(u64::from(!output.succeeded()));
    let mut output = output.report(command);
    if passed + failed < least {
        output.push_str(&format!("{passed} tests ran; there are {least} at least\n"));
        failed = 1;
    }
    Outcome { passed, failed, output, ..Outcome::default() }
}

/// Sums libtest's `test result:` lines and KTAP's tests: (passed, failed).
pub fn tests(output: &str) -> (u64, u64) {
    output.lines().map(in_line).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// Sums what `scripts/prove` reports: a line a stage, and those that count orderings, mutants and litmus tests.
pub fn proofs(output: &str) -> (u64, u64) {
    let counts = output.lines().map(|line| {
        if let Some(stage) = line.strip_prefix("prove ") {
            return if stage.contains(": ok (") { (1, 0) } else { (0, 1) };
        }
        let pair = line
            .strip_prefix("orderings weakened: ")
            .and_then(|rest| rest.split_once(", caught: "))
            .or_else(|| line.strip_prefix("mutants: ")?.split_once(", killed: "))
            .or_else(|| {
                line.strip_prefix("arm: ")?.strip_suffix(" as expected")?.split_once(" tests, ")
            });
        let numbers = pair.and_then(|(all, good)| Some((all.parse().ok()?, good.parse().ok()?)));
        numbers.map_or((0, 0), |(all, good): (u64, u64)| (good, all.saturating_sub(good)))
    });
    counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

fn in_line(line: &str) -> (u64, u64) {
    if let Some(result) = line.trim().strip_prefix("test result: ") {
        return (before(result, " passed"), before(result, " failed"));
    }
    match Line::parse(line.as_bytes()) {
        Line::Test { ok: true, directive: None, .. } => (1, 0),
        Line::Test { .. } => (0, 1),
        _ => (0, 0),
    }
}

/// The number right before a word.
fn before(text: &str, word: &str) -> u64 {
    let number = text.split(word).next().and_then(|rest| rest.rsplit(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod unit {
    use super::*;
    use std::time::Duration;

    #[test]
    fn libtest_and_ktap_are_summed() {
        let output = "test a ... ok\ntest result: ok. 41 passed; 0 failed; 1 ignored\n\
                      test result: FAILED. 2 passed; 3 failed; 0 ignored\n\
                      KTAP version 1\r\n1..3\r\nok 1 a\r\nnot ok 2 b\nok 3 c # SKIP why\n# rundown: FAIL\n";
        assert_eq!(tests(output), (44, 5));
    }

    #[test]
    fn fewer_tests_than_there_are_fail() {
        let (passed, failed) = (of(3, 3), of(3, 4));
        assert_eq!((passed.passed, passed.failed), (3, 0));
        assert_eq!((failed.passed, failed.failed), (3, 1));
        assert!(failed.output.ends_with("3 tests ran; there are 4 at least\n"));
    }

    /// What comes of a run of so many tests.
    fn of(tests: u64, least: u64) -> Outcome {
        let merged = format!("test result: ok. {tests} passed; 0 failed\n");
        let (stdout, stderr, took) = (merged.clone(), String::new(), Duration::ZERO);
        outcome(
            &Output { status: Some(0), merged, stdout, stderr, took },
            &Command::new("x"),
            least,
        )
    }

    #[test]
    fn stages_orderings_and_mutants_are_summed() {
        let output = "orderings weakened: 9, caught: 8\nprove weaken: FAILED (2 s)\n\
                      mutants: 30, killed: 30\nprove mutants: ok (7 s)\nmutants: x\n";
        assert_eq!(proofs(output), (39, 2));
        let output = "arm: 90 tests, 88 as expected\nprove arm: FAILED (9 s)\narm: 9 tests, no 8 as expected\n";
        assert_eq!(proofs(output), (88, 3));
    }

    #[test]
    fn what_only_looks_like_a_test_does_not_count() {
        assert_eq!(tests("okay 1\nok\n# ok 1\ntest x ... ok\ntest result: none\n"), (0, 0));
    }
}
