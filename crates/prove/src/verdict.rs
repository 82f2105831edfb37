//! Reads what test programs say.

use runner::process::Output;

/// Returns the names of the tests that failed: the list at the end, indented by four.
pub fn failed_tests(output: &Output) -> Vec<&str> {
    let Some((_, list)) = output.stdout.rsplit_once("\nfailures:\n") else { return Vec::new() };
    let lines = list.lines().take_while(|line| !line.starts_with("test result"));
    let names = lines.filter_map(|line| line.strip_prefix("    "));
    names.filter(|name| !name.is_empty() && !name.contains(' ')).collect()
}

/// Returns how many tests passed, over all programs that ran; those of a program with a failed one do
/// not count.
pub fn passed_tests(output: &Output) -> usize {
    let results = output.stdout.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    results.filter_map(|result| result.split(' ').next()?.parse::<usize>().ok()).sum()
}

/// Returns whether tests have run, and all of them passed.
pub fn passes(output: &Output) -> bool {
    output.succeeded() && passed_tests(output) > 0
}

/// Returns how a run ended, in words.
pub fn ending(output: &Output) -> &'static str {
    match output.status {
        Some(0) => "passed",
        Some(129..) => "died by a signal",
        Some(_) => "failed",
        None => "did not end in time",
    }
}

#[cfg(test)]
pub fn output(status: Option<i32>, stdout: &str) -> Output {
    let [merged, stderr] = [stdout.to_owned(), String::new()];
    Output { status, merged, stdout: stdout.to_owned(), stderr, took: std::time::Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_result_counts() {
        let passed = |text| passed_tests(&output(Some(0), text));
        assert_eq!(
            passed("test result: ok. 51 passed; 0 failed\n\ntest result: ok. 2 passed;"),
            53
        );
        assert_eq!(passed("test result: FAILED. 51 passed; 1 failed"), 0);
    }

    #[test]
    fn a_run_passes_if_something_has_run() {
        let passes = |status, text| passes(&output(status, text));
        assert!(passes(Some(0), "test result: ok. 1 passed;"));
        assert!(!passes(Some(0), "test result: ok. 0 passed;"));
        assert!(
            !passes(Some(1), "test result: ok. 1 passed;")
                && !passes(None, "test result: ok. 1 passed;")
        );
    }

    #[test]
    fn an_end_has_its_word() {
        let endings = [Some(0), Some(1), Some(128), Some(129), None];
        let words = ["passed", "failed", "failed", "died by a signal", "did not end in time"];
        assert_eq!(endings.map(|status| ending(&output(status, ""))), words);
    }

    #[test]
    fn the_failed_tests_are_those_of_the_last_list() {
        let text = "\nfailures:\n\n---- race::plain stdout ----\n    not a test\n\nfailures:\n    \
                    race::plain\n    race::two_slots\n\ntest result: FAILED.";
        assert_eq!(failed_tests(&output(Some(101), text)), ["race::plain", "race::two_slots"]);
        let list = "\nfailures:\n    a\n    \n    a b\nx\n";
        assert_eq!(failed_tests(&output(Some(101), list)), ["a"]);
        assert!(failed_tests(&output(Some(101), "error: could not compile")).is_empty());
    }
}
