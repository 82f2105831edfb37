//! Counts what really ran, from what the tests printed.

use std::process::Command;

use runner::ktap::Line;
use runner::process::Output;

use crate::step::Outcome;

/// Returns what came of a command that runs tests; one that fails without a failed test fails, too.
pub fn outcome(output: &Output, command: &Command) -> Outcome {
    let (passed, failed) = tests(&output.merged);
    let failed = failed.max(u64::from(!output.succeeded()));
    Outcome { passed, failed, output: output.report(command), ..Outcome::default() }
}

/// Sums libtest's `test result:` lines and KTAP's tests: (passed, failed).
pub fn tests(output: &str) -> (u64, u64) {
    output.lines().map(in_line).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// Sums what `scripts/prove` reports: a line a stage, and those that count orderings and mutants.
pub fn proofs(output: &str) -> (u64, u64) {
    let counts = output.lines().map(|line| {
        if let Some(stage) = line.strip_prefix("prove ") {
            return if stage.contains(": ok (") { (1, 0) } else { (0, 1) };
        }
        let pair = line
            .strip_prefix("orderings weakened: ")
            .and_then(|rest| rest.split_once(", caught: "))
            .or_else(|| line.strip_prefix("mutants: ")?.split_once(", killed: "));
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

    #[test]
    fn libtest_and_ktap_are_summed() {
        let output = "test a ... ok\ntest result: ok. 41 passed; 0 failed; 1 ignored\n\
                      test result: FAILED. 2 passed; 3 failed; 0 ignored\n\
                      KTAP version 1\r\n1..3\r\nok 1 a\r\nnot ok 2 b\nok 3 c # SKIP why\n# rundown: FAIL\n";
        assert_eq!(tests(output), (44, 5));
    }

    #[test]
    fn stages_orderings_and_mutants_are_summed() {
        let output = "orderings weakened: 9, caught: 8\nprove weaken: FAILED (2 s)\n\
                      mutants: 30, killed: 30\nprove mutants: ok (7 s)\nmutants: x\n";
        assert_eq!(proofs(output), (39, 2));
    }

    #[test]
    fn what_only_looks_like_a_test_does_not_count() {
        assert_eq!(tests("okay 1\nok\n# ok 1\ntest x ... ok\ntest result: none\n"), (0, 0));
    }
}
